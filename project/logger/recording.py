"""What is recorded of a run as a whole: what it was made of and what came of it."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger
from lightning_utilities.core.rank_zero import rank_zero_only
from torch.utils.tensorboard import SummaryWriter, summary

from .wandb import WandbLogger

Value = bool | int | float | str


@contextmanager
def recording(loggers: Sequence[Logger], hyperparameters: Mapping[str, Value]) -> Generator[dict[str, float]]:
    """Log the hyperparameters of the run inside, and end every logger with it, also when it fails.

    Yields:
        The final metrics, for the run to fill in. TensorBoard's HParams page compares runs by them.
    """
    final: dict[str, float] = {}
    boards = [logger for logger in loggers if isinstance(logger, TensorBoardLogger)]
    for logger in loggers:
        if logger not in boards:
            logger.log_hyperparams(dict(hyperparameters))
    failed = True
    try:
        yield final
        for board in boards:
            _log_outcome(board, hyperparameters, final)
        failed = False
    finally:
        for logger in loggers:
            logger.finalize("failed" if failed else "success")
            if isinstance(logger, WandbLogger):
                logger.finish(failed)


@rank_zero_only
def _log_outcome(board: TensorBoardLogger, hyperparameters: Mapping[str, Value], final: Mapping[str, float]) -> None:
    # Lightning's `log_hyperparams` would log each metric a second time, or a metric of its own when there is none.
    tensorboard: Any = summary  # it is not annotated
    with SummaryWriter(board.log_dir) as writer:
        file: Any = writer.file_writer
        for written in tensorboard.hparams(dict(hyperparameters), dict(final)):
            file.add_summary(written)
