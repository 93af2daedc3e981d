"""Random numbers that depend on where a run is, and not on how it came there."""

import hashlib
import random
from typing import Any, final

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer

_STRIDE = 0x9E3779B97F4A7C15
"""2**64 by the golden ratio. It is odd: its multiples differ in their lowest 32 bits, which torch seeds by."""


@final
class Reseed(Callback):
    """Seeds every generator anew around each batch, so that no checkpoint needs to hold the state of one.

    What is drawn for a batch (where it is read, augmented, mixed and dropped out) depends on (seed, rank, epoch, batch)
    alone. It is the last callback, in order that what others draw when a batch has ended changes nothing. The three
    generators of the CPU take some 15 µs a batch.

    Args:
        seed: the run's.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._next = 0, 0
        self._step = self._first = 0
        self._device = torch.device("cpu")

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Find out whose generators there are, and where a training begins."""
        self._device = trainer.strategy.root_device
        self._next, self._first = (0, 0), self._seed_of(trainer, "epoch", 0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed the first batch of a resumed epoch, of which no start is told."""
        self._to_come(trainer, trainer.current_epoch, _processed(trainer))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed the first batch."""
        self._to_come(trainer, trainer.current_epoch, 0)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Seed the step: a loop's own hooks may have drawn since the batch was seeded."""
        self._seed_torch(self._step)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Seed the next batch."""
        self._to_come(trainer, trainer.current_epoch, batch_idx + 1)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed a validation, wherever it comes."""
        self._seed(trainer, "validation", *self._next)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed the batch that a validation came before."""
        self._to_come(trainer, *self._next)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed the test, which may follow a training that is long done."""
        self._seed(trainer, "test")

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Likewise."""
        self._seed(trainer, "predict")

    def _to_come(self, trainer: Trainer, epoch: int, batch: int) -> None:
        """Seed a batch, and know the seed of its step."""
        if epoch != self._next[0]:
            self._first = self._seed_of(trainer, "epoch", epoch)
        self._next = epoch, batch
        seed = (self._first + 2 * batch * _STRIDE) % 2**64
        self._step = (seed + _STRIDE) % 2**64
        self._seed_all(seed)

    def _seed(self, trainer: Trainer, *key: object) -> None:
        self._seed_all(self._seed_of(trainer, *key))

    def _seed_of(self, trainer: Trainer, *key: object) -> int:
        digest = hashlib.sha256(repr((self.seed, trainer.global_rank, *key)).encode()).digest()
        return int.from_bytes(digest[:8], "big")

    def _seed_all(self, seed: int) -> None:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        self._seed_torch(seed)

    def _seed_torch(self, seed: int) -> None:
        # `torch.manual_seed` looks for every kind of device, which takes a hundred times as long.
        torch.default_generator.manual_seed(seed)
        device = self._device
        if device.type == "cuda":
            torch.cuda.default_generators[device.index or 0].manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)


def _processed(trainer: Trainer) -> int:
    batches: Any = trainer.fit_loop.epoch_loop.batch_progress
    return int(batches.current.processed)
