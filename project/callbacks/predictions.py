"""What a run predicts, written as a table."""

import csv
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter
from torch import Tensor

# B = batch, K = numbers that the model gives for one example

Columns: TypeAlias = dict[str, list[Any]]
_ROWS_IN_A_GROUP = 10_000


class Predictions(BasePredictionWriter):
    """Writes what `stages=[predict]` predicts, one row an example, as CSV or Parquet.

    The columns are `index`, the example's place in the dataset, and `output_0`, `output_1` and so on, the model's raw
    output. For a classifier there are also `predicted`, the likeliest class, by name where the datamodule has
    `classes`, and `confidence`, its probability. Of several processes each writes a file of its own, `NAME.rank1.csv`.

    Args:
        path: the file; its suffix, `.csv` or `.parquet`, says the format.

    Raises:
        ValueError: another suffix, or `.parquet` without pyarrow.

    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(write_interval="batch")
        self.path = Path(path)
        if self.path.suffix not in _TABLES:
            raise ValueError(f"{self.path}: predictions are written as {' or '.join(_TABLES)}")
        if self.path.suffix == ".parquet" and find_spec("pyarrow") is None:
            raise ValueError(
                "Parquet needs the package 'pyarrow', which is not installed: pip install 'project[parquet]'"
            )
        self._table: _Table | None = None
        self._classifies = False

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the file, in place of an earlier one."""
        rank = f".rank{trainer.global_rank}" if trainer.world_size > 1 else ""
        path = self.path.with_suffix(f"{rank}{self.path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._table = _TABLES[self.path.suffix](path)
        self._classifies = _classifies(trainer)

    def write_on_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        prediction: Any,
        batch_indices: Sequence[int] | None,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Add the rows of one batch."""
        assert self._table is not None
        output = cast(Tensor, prediction).detach().float().cpu().flatten(1)
        columns: Columns = {"index": [int(index) for index in batch_indices or range(len(output))]}
        if self._classifies:
            columns |= _decided(output, getattr(trainer, "datamodule", None))
        self._table.write(columns | {f"output_{k}": _numbers(values) for k, values in enumerate(output.T)})

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Close the file."""
        if self._table is not None:
            self._table.close()
            self._table = None


class _Table(Protocol):
    def __init__(self, path: Path) -> None: ...
    def write(self, columns: Columns) -> None: ...
    def close(self) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="")
        self._writer = csv.writer(self._file)
        self._began = False

    def write(self, columns: Columns) -> None:
        if not self._began:
            self._writer.writerow(columns)
            self._began = True
        self._writer.writerows(zip(*columns.values(), strict=True))

    def close(self) -> None:
        self._file.close()


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: Columns = {}
        self._writer: Any = None

    def write(self, columns: Columns) -> None:
        for name, values in columns.items():
            self._columns.setdefault(name, []).extend(values)
        if len(self._columns["index"]) >= _ROWS_IN_A_GROUP:
            self._flush()

    def close(self) -> None:
        if self._columns:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        table = import_module("pyarrow").table(self._columns)
        if self._writer is None:
            self._writer = import_module("pyarrow.parquet").ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        self._columns = {}


_TABLES: dict[str, type[_Table]] = {".csv": _Csv, ".parquet": _Parquet}


def _classifies(trainer: Trainer) -> bool:
    """Whether the data's targets are classes: one integer an example."""
    declared = getattr(getattr(trainer, "datamodule", None), "example_batch", None)
    target = declared(1)[1] if declared is not None else None
    return isinstance(target, Tensor) and target.ndim == 1 and not target.is_floating_point()


def _decided(output: Tensor, datamodule: object) -> Columns:
    confidence, likeliest = output.softmax(1).max(1)
    names = getattr(datamodule, "classes", None) or range(output.shape[1])
    return {"predicted": [names[int(k)] for k in _numbers(likeliest)], "confidence": _numbers(confidence)}


def _numbers(values: Tensor) -> list[float]:
    numbers: list[float] = values.numpy().tolist()
    return numbers
