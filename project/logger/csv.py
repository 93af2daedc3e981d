"""A table of what was logged."""

import csv
from collections.abc import Mapping
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, final

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

_WRITE_S = 1.0
"""Rows wait for each other that long, since opening a file may take as long as a training step."""


@final
class CSVLogger(Logger):
    """Logs to `metrics.csv`, one row a call and one column a name.

    Unlike Lightning's, it goes on with the file that an earlier stage or process of the same run has left, where
    Lightning's begins anew and loses it.

    Args:
        save_dir: the run's directory.

    """

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self.path = Path(save_dir) / "metrics.csv"
        self._rows = list[dict[str, Any]]()
        self._written = -inf

    @property
    def name(self) -> str:
        """Empty: a run has one such file."""
        return ""

    @property
    def version(self) -> str:
        """Empty, as `name`."""
        return ""

    @property
    def save_dir(self) -> str:
        """The run's directory."""
        return str(self.path.parent)

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Leave them to the run's config, which says more."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Append a row; a name that is new gives the rows before it an empty column."""
        self._rows.append({"step": step, **metrics})
        if monotonic() - self._written >= _WRITE_S:
            self._write()

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what waits."""
        self._write()

    def mark(self) -> dict[str, int]:
        """How many rows and columns the table has; it only grows."""
        self._write()
        if not self.path.is_file():
            return {"rows": 0, "columns": 0}
        with self.path.open(newline="") as file:
            table = [len(row) for row in csv.reader(file)]
        return {"rows": len(table) - 1, "columns": table[0]}

    @rank_zero_only
    def rewind(self, mark: Mapping[str, int] | None) -> None:
        """Leave that part of the table."""
        if mark is None or not mark["columns"]:
            self.path.unlink(missing_ok=True)
            return
        with self.path.open(newline="") as file:
            table = list(csv.reader(file))
        self._replace([row[: mark["columns"]] for row in table[: 1 + mark["rows"]]])

    def _write(self) -> None:
        if self._rows:
            header = self._header()
            names = list(dict.fromkeys([*header, *(name for row in self._rows for name in row)]))
            if names != header:
                self._widen(names)
            with self.path.open("a", newline="") as file:
                csv.DictWriter(file, names).writerows(self._rows)
        self._rows, self._written = [], monotonic()

    def _header(self) -> list[str]:
        try:
            with self.path.open(newline="") as file:
                return next(csv.reader(file), list[str]())
        except FileNotFoundError:
            return []

    def _widen(self, names: list[str]) -> None:
        rows = list[list[str]]()
        if self.path.is_file():
            with self.path.open(newline="") as file:
                rows = list(csv.reader(file))[1:]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._replace([names, *([*row, *[""] * (len(names) - len(row))] for row in rows)])

    def _replace(self, table: list[list[str]]) -> None:
        draft = self.path.with_suffix(".draft")
        with draft.open("w", newline="") as file:
            csv.writer(file).writerows(table)
        draft.replace(self.path)
