"""What came of a run, in one file that a person and a program can read."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from rich.table import Table
from rich.text import Text
from torch import Tensor

from project.whole import write_whole


@dataclass(frozen=True)
class Results:
    """The outcome of a run.

    Args:
        monitor: the name of the value that chose the best checkpoint.
        value: its best value; None when it was never logged.
        test: the metrics of the best checkpoint on the test data.
        validation: the metrics of the last validation.
        checkpoint: the best checkpoint, or the one that was used; empty when there is none.
        data: where the data came from.
        epochs: how many were finished.
        steps: optimizer steps taken.
        best_epoch: the epoch of the best checkpoint, counted from 1.
        seconds: how long the run took.
    """

    monitor: str
    value: float | None
    checkpoint: str
    data: str
    epochs: int
    steps: int
    validation: Mapping[str, float] = field(default_factory=dict[str, float])
    test: Mapping[str, float] = field(default_factory=dict[str, float])
    best_epoch: int | None = None
    seconds: float = 0.0

    def write(self, directory: Path) -> Path:
        """Write `results.json`, whole or not at all."""
        text = json.dumps(_strict(asdict(self)), indent=2, allow_nan=False)
        return write_whole(directory / "results.json", f"{text}\n")

    def refuse_no_number(self) -> None:
        """Raise a `FloatingPointError` when the run is judged by a value that is no number."""
        if self.value is not None and math.isnan(self.value):
            raise FloatingPointError(f"{self.monitor} is no number (NaN)")

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Results as they were written; a value that was no number is None."""
        found: dict[str, Any] = json.loads(path.read_text())
        for phase in ("validation", "test"):
            found[phase] = {name: math.nan if value is None else value for name, value in found[phase].items()}
        return cls(**found)

    def table(self, directory: Path) -> Table:
        """What to tell the user at the end, with the places where everything is."""
        epoch = f" in epoch {self.best_epoch}" if self.best_epoch is not None else ""
        measured = self.test or self.validation
        rows = {
            **{name: f"{value:.4f}" for name, value in measured.items()},
            f"best {self.monitor}": "" if self.value is None else f"{self.value:.4f}{epoch}",
            "took": ", ".join(
                (*(_count(self.epochs, "epoch"), _count(self.steps, "step")), _duration(self.seconds))
                if self.steps
                else (_duration(self.seconds),)
            ),
            "data": self.data,
            "checkpoint": _shown(self.checkpoint),
            "directory": _shown(directory),
            "curves": f"tensorboard --logdir {_shown(directory)}" if any(directory.glob("events.out.*")) else "",
            "pictures": _shown(directory / "pictures") if (directory / "pictures").is_dir() else "",
        }
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, said in rows.items():
            if said:
                table.add_row(Text(name), Text(said, style="green" if name in measured else ""))
        return table


def epoch_of(checkpoint: str) -> int | None:
    """The epoch at whose end a checkpoint was saved, counted from 1; None without a checkpoint."""
    if not checkpoint:
        return None
    saved: dict[str, int] = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
    return saved["epoch"] + 1


def _strict(value: Any) -> Any:
    """`value` as JSON can hold it, which has no NaN and no infinity."""
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in cast("dict[str, Any]", value).items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes else f"{seconds:.1f} s"


def _shown(path: Path | str) -> str:
    """A path as a user would type it from here."""
    absolute = Path(path).absolute()
    return str(absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute) if path else ""


def floats(metrics: Mapping[str, Tensor | float], phase: str = "") -> dict[str, float]:
    """Logged metrics as plain numbers, those of `phase` alone."""
    return {name: float(value) for name, value in metrics.items() if name.startswith(phase)}
