"""Trials of a search that are given up once others have shown to be better."""

import logging
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor

from project.study import Place, hopeless

log = logging.getLogger(__name__)


class Pruning(Callback):
    """Reports what is monitored at each validation, and stops the training of a trial that is hopeless.

    Args:
        place: where it reports to.
        monitor: the logged value by which the trials are compared.
    """

    def __init__(self, place: Place, monitor: str) -> None:
        self.place, self.monitor = place, monitor
        # Spawned processes hand back metrics and weights, and no more.
        self._given_up = torch.zeros(2, dtype=torch.float64)
        share: Callable[[], Tensor] = self._given_up.share_memory_
        share()

    @property
    def reason(self) -> str:
        """Why the trial was given up; empty when it was not."""
        step, value = float(self._given_up[0]), float(self._given_up[1])
        said = f"{self.monitor} {value:.4g} at validation {step:.0f} was hopeless to the pruner '{self.place.pruner}'"
        return said if step else ""

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report, and stop where that is the outcome, all processes together."""
        logged = trainer.callback_metrics.get(self.monitor)
        if logged is None or trainer.sanity_checking or trainer.state.fn != TrainerFn.FITTING:
            return
        value, step = float(logged), _validations(trainer)
        # A value that is no number is for NonFinite, and for the end of the run.
        given_up = trainer.is_global_zero and isfinite(value) and hopeless(self.place, step, value)
        if trainer.strategy.broadcast(given_up):
            self._given_up.copy_(torch.tensor([step, value], dtype=torch.float64))
            trainer.should_stop = True
            if trainer.is_global_zero:
                log.info("pruned: %s", self.reason)


def pruning(directory: str | Path, monitor: str) -> list[Pruning]:
    """The callback of a run that is a trial with a pruner, and of no other; its directory tells."""
    place = Place.read(Path(directory))
    return [] if place is None or place.pruner == "none" else [Pruning(place, monitor)]


def pruned(trainer: Trainer) -> str:
    """Why a run was given up; empty when it was not."""
    untyped: Any = trainer  # one of its connectors sets them
    callbacks: list[Callback] = untyped.callbacks
    return next((callback.reason for callback in callbacks if isinstance(callback, Pruning)), "")


def _validations(trainer: Trainer) -> int:
    """How many validations there have been, this one included: the same after a resume, whatever the batch size."""
    every = trainer.val_check_batch
    batches = trainer.fit_loop.total_batch_idx + 1
    return trainer.current_epoch + 1 if every in (None, float("inf")) else batches // int(every)
