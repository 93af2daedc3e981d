"""TensorBoard, where a run has the name of its directory."""

import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, final

from lightning.pytorch import loggers
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.tensorboard import SummaryWriter, summary

_FLUSH_S = 1.0
"""Between two flushes, each of which waits for the thread that writes; the pages look for news every 30 seconds."""


@final
class TensorBoardLogger(loggers.TensorBoardLogger):
    """Logs to TensorBoard: `tensorboard --logdir outputs` compares the runs below that directory.

    Differs from Lightning's in what the pages show. Runs are named by their directory alone. There is no chart of the
    epoch. The HParams page takes hyperparameters and metrics from all runs, those that differ first; Lightning writes a
    list of them with every run, of which the page reads but one, and leaves out what that run lacks.

    Args:
        save_dir: the run's directory.
        log_graph: also draw the model, from the loop's `example_input_array`.

    """

    def __init__(self, save_dir: str, log_graph: bool = False) -> None:
        super().__init__(save_dir, name="", version="", log_graph=log_graph, default_hp_metric=False)
        self._flushed = 0.0

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write scalars, but not the epoch, which Lightning adds to all."""
        super().log_metrics({name: value for name, value in metrics.items() if name != "epoch"}, step)

    @rank_zero_only
    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, metrics: dict[str, Any] | None = None, step: int | None = None
    ) -> None:
        """Write what the HParams page shows of the run, beside the last value of every scalar."""
        given = vars(params) if isinstance(params, Namespace) else params
        plain = {
            key: value if isinstance(value, bool | int | float | str) else str(value) for key, value in given.items()
        }
        _, start, _ = _session(plain)
        self._write(start)

    @rank_zero_only
    def save(self) -> None:
        """Bring what was written to the disk now and then, and no `hparams.yaml` beside it: the config says more."""
        if monotonic() - self._flushed >= _FLUSH_S:
            self._writer.flush()
            self._flushed = monotonic()

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """End a stage; the same file takes the next one's scalars."""
        self._writer.flush()

    @rank_zero_only
    def finish(self, failed: bool) -> None:
        """End the run; the HParams page knows one that failed by its lack of an end."""
        if not failed:
            _, _, end = _session({})
            self._write(end)
        self._writer.close()
        self._experiment = None

    def mark(self) -> dict[str, int]:
        """How long each file of events is."""
        self._writer.flush()
        return {path.name: path.stat().st_size for path in self._files()}

    @rank_zero_only
    def rewind(self, mark: Mapping[str, int] | None) -> None:
        """Cut off the events that came later: a reader, unlike the pages, may know nothing of purged steps."""
        for path in self._files():
            if mark is None or path.name not in mark:
                path.unlink()
            elif path.stat().st_size > mark[path.name]:
                os.truncate(path, mark[path.name])

    def _files(self) -> list[Path]:
        return sorted(Path(self.log_dir).glob("events.out.tfevents.*"))

    @property
    def _writer(self) -> SummaryWriter:
        untyped: Any = self
        writer: SummaryWriter = untyped.experiment
        return writer

    def _write(self, written: Any) -> None:
        # With a writer of its own: one that is open cannot go to the processes that a strategy starts.
        with SummaryWriter(self.log_dir) as writer:
            file: Any = writer.file_writer
            file.add_summary(written)


def _session(params: dict[str, Any]) -> tuple[Any, Any, Any]:
    """What the HParams page reads: the list of all hyperparameters, and the start and the end of a run."""
    untyped: Any = summary
    found: tuple[Any, Any, Any] = untyped.hparams(params, {})
    return found
