"""A training that takes a moment, for what may happen to one."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Line(LightningModule):
    """A linear model of ones."""

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__()
        self.model, self.lr = nn.Linear(4, 1), lr

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss: Tensor = (self.model(batch[0]) - 1).square().mean()
        return loss

    def validation_step(self, batch: list[Tensor], batch_idx: int) -> None:
        self.log("val/loss", self.training_step(batch, batch_idx))

    def test_step(self, batch: list[Tensor], batch_idx: int) -> None:
        self.log("test/loss", self.training_step(batch, batch_idx))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.lr)


class Ones(LightningDataModule):
    """Ten batches of two."""

    def __init__(
        self, inputs: Tensor | None = None, data: Dataset[tuple[Tensor, ...]] | None = None, **loader: Any
    ) -> None:
        super().__init__()
        self.data = data or TensorDataset(torch.ones(20, 4) if inputs is None else inputs)
        self.loader = loader

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        return DataLoader(self.data, batch_size=2, **self.loader)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        return DataLoader(TensorDataset(torch.ones(6, 4)), batch_size=2)

    test_dataloader = val_dataloader


class Sends(Callback):
    """Sends this process a signal in a hook, when it is called for the given time."""

    def __init__(self, hook: str, after: int = 1, signum: int = signal.SIGTERM) -> None:
        self.hook, self.left, self.signum = hook, after, signum

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "__dict__").get("hook"):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), self.signum)
        return super().__getattribute__(name)


class Does(Callback):
    """Does something when the 13th batch begins."""

    def __init__(self, something: Callable[[], object]) -> None:
        self.something = something

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step == 12:
            self.something()


def trainer(directory: Path, *callbacks: Callback, **settings: Any) -> Trainer:
    """A Trainer of two epochs that keeps `last.ckpt`."""
    keeps = ModelCheckpoint(directory / "checkpoints", "best", save_last=True)
    small: dict[str, Any] = {"max_epochs": 2, "accelerator": "cpu", "devices": 1, "logger": False}
    quiet: dict[str, Any] = {"enable_progress_bar": False, "enable_model_summary": False}
    return Trainer(**{**small, **quiet, **settings}, default_root_dir=directory, callbacks=[*callbacks, keeps])


def progress(checkpoint: Path) -> tuple[int, int, int]:
    """Epochs that a checkpoint has finished, batches of the epoch after that, and optimizer steps in all."""
    held = torch.load(checkpoint, weights_only=True)
    loops = held["loops"]["fit_loop"]
    batches = loops["epoch_loop.batch_progress"]["current"]
    epochs = loops["epoch_progress"]["current"]["completed"]
    return epochs, batches["completed"], held["global_step"]
