"""Runs that are cut off, gone on with, and held against the run that was not."""

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from in_process import run
from lightning import Callback, LightningDataModule, LightningModule, Trainer

import train
from project.interruption import Interrupted

SMALL = (
    *("datamodule.source=bundled", "trainer.accelerator=cpu", "trainer.max_epochs=3", "trainer.limit_train_batches=6"),
    *("trainer.log_every_n_steps=2", "trainer.limit_val_batches=2", "trainer.limit_test_batches=2"),
    *("model=mlp", "model.hidden_dim=16", "model.dropout=0.3", "preflight=false"),
    *("callbacks=[checkpoint,early_stopping,learning_rate]", "trainer.enable_progress_bar=false"),
    "trainer.enable_model_summary=false",
)


class CutOff(BaseException):
    """What nothing catches."""


class Cut(Callback):
    """Ends the process, as far as a test can.

    Args:
        steps: the optimizer steps taken by then.
        hook: in which of Lightning's hooks.
    """

    def __init__(self, steps: int, hook: str = "on_train_batch_start") -> None:
        self.steps = steps
        setattr(self, hook, self._reached)

    def _reached(self, trainer: Trainer, *_: Any) -> None:
        if trainer.global_step >= self.steps and not trainer.sanity_checking:
            self.cut()

    def cut(self) -> None:
        """End it."""
        raise CutOff


class End(Cut):
    """Asks the process to end, once."""

    def cut(self) -> None:
        """Ask."""
        self.steps = sys.maxsize
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def altered(change: Callable[[LightningDataModule, Trainer], None]) -> Generator[None]:
    """Within it, `change` is made to the parts of every run."""
    assemble = train.assemble

    def assembled(config: Any) -> tuple[LightningDataModule, LightningModule, Trainer]:
        datamodule, loop, trainer = assemble(config)
        change(datamodule, trainer)
        return datamodule, loop, trainer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "assemble", assembled)
        yield


def cut(directory: Path, steps: int, *line: str, hook: str = "on_train_batch_start") -> None:
    """A run that is cut off."""

    def cuts(_: LightningDataModule, trainer: Trainer) -> None:
        parts: Any = trainer
        parts.callbacks.append(Cut(steps, hook))

    with altered(cuts), pytest.raises(CutOff):
        run(directory, *line)


def end(directory: Path, steps: int, *line: str, hook: str) -> None:
    """A run that is asked to end."""

    def ends(_: LightningDataModule, trainer: Trainer) -> None:
        parts: Any = trainer
        parts.callbacks.append(End(steps, hook))

    with altered(ends), pytest.raises(Interrupted):
        run(directory, *line)
