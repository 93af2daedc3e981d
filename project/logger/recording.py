"""What is recorded of a run as a whole: what it was made of, and how it ended."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from lightning.pytorch.loggers import Logger


@runtime_checkable
class Finishing(Protocol):
    """A logger that has something to do after the last stage of a run, which Lightning does not tell."""

    def finish(self, failed: bool) -> None:
        """End the run."""
        ...


@contextmanager
def recording(loggers: Sequence[Logger], hyperparameters: Mapping[str, bool | int | float | str]) -> Generator[None]:
    """Log the hyperparameters of the run inside, and end every logger with it, also when it fails."""
    for logger in loggers:
        logger.log_hyperparams(dict(hyperparameters))
    failed = True
    try:
        yield
        failed = False
    finally:
        for logger in loggers:
            logger.finalize("failed" if failed else "success")
            if isinstance(logger, Finishing):
                logger.finish(failed)
