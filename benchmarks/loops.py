"""Ways to train the same model on the same images, each with its own usual parts around it."""

import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, final

import torch
import torchmetrics
from hydra import compose
from lightning import Callback, Fabric, LightningModule, Trainer
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from project.config.hydras import composing
from project.datamodule import ImageDataModule
from train import assemble

# N = images, B = batch

EXAMPLES = 55_000
"""N, as many as Fashion-MNIST leaves to train on."""

Batch = tuple[Tensor, Tensor]


@cache
def noise(examples: int = EXAMPLES) -> Batch:
    """Images of Fashion-MNIST's shape (N, 1, 28, 28) uint8, and labels: what a step costs depends on no pixel."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(256, (examples, 1, 28, 28), dtype=torch.uint8, generator=random)
    return images, torch.randint(10, (examples,), generator=random)


@final
class Noise(ImageDataModule):
    """The same images, for our datamodules."""

    classes = tuple("0123456789")
    num_channels, height, width = 1, 28, 28
    mean, std = (0.286,), (0.353,)

    def load(self, train: bool) -> Batch:
        """Hand them out."""
        images, labels = noise()
        return (images, labels) if train else (images[:5000], labels[:5000])

    def load_val(self) -> Batch:
        """A part of them again."""
        images, labels = noise()
        return images[:5000], labels[:5000]


def now(device: torch.device) -> float:
    """The time in seconds, when all that the device was asked for is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter()


class Clock(Callback):
    """Takes the time of an epoch's training steps: from its start to its end, without what others do there."""

    def __init__(self) -> None:
        self.seconds = list[float]()
        self._begun = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start it."""
        self._begun = now(pl_module.device)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop it."""
        self.seconds.append(now(pl_module.device) - self._begun)


class Plain(LightningModule):
    """What one writes without a second thought: as little as there can be, or a metric and logs of every step."""

    def __init__(self, model: nn.Module, logged: bool) -> None:
        super().__init__()
        self.model, self.logged = model, logged
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=10)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss."""
        images, labels = batch
        logits: Tensor = self.model(images)
        loss: Tensor = self.loss(logits, labels)
        if self.logged:
            self.accuracy(logits, labels)
            self.log("train/loss", loss, prog_bar=True)
            self.log("train/acc", self.accuracy, on_step=True, on_epoch=True, prog_bar=True)
        return loss

    def configure_optimizers(self) -> Adam:
        """Return the optimizer, as torch makes it or fused like that of the others."""
        return Adam(self.parameters(), lr=1e-3, fused=None if self.logged else True)


def in_memory(size: int, steps: int) -> Iterator[Batch]:
    """An epoch of normalised batches."""
    images, labels = noise()
    order = torch.randperm(len(labels))
    for begin in range(0, steps * size, size):
        chosen = order[begin : begin + size]
        batch = images.index_select(0, chosen).float().mul_(1 / (255 * 0.353)).add_(-0.286 / 0.353)
        yield batch, labels.index_select(0, chosen)


class Whole:
    """The same as a loader."""

    def __init__(self, size: int, steps: int) -> None:
        self.size, self.steps = size, steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Batch]:
        return in_memory(self.size, self.steps)


class OneByOne(Dataset[tuple[Tensor, int]]):
    """What torchvision's datasets do: an image of PIL at a time, and its transforms."""

    def __init__(self, examples: int) -> None:
        self.images, self.labels = noise()
        self.examples = examples
        self.transform: Any = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.286,), (0.353,))])

    def __len__(self) -> int:
        return self.examples

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image: Tensor = self.transform(Image.fromarray(self.images[index, 0].numpy()))
        return image, int(self.labels[index])


Make = Callable[[], nn.Module]


@contextmanager
def without_lightning() -> Generator[None]:
    """As in a program that does not import Lightning, which has torch look for a GPU's driver at each step."""
    name = "PYTORCH_NVML_BASED_CUDA_CHECK"
    set_by_it = os.environ.pop(name, "0")
    yield
    os.environ[name] = set_by_it


@without_lightning()
def raw(make: Make, size: int, steps: int, epochs: int) -> list[float]:
    """PyTorch by hand."""
    model, loss_of, seconds = make(), nn.CrossEntropyLoss(), list[float]()
    optimizer: Any = Adam(model.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        begun, total = perf_counter(), torch.zeros(())
        for images, labels in in_memory(size, steps):
            loss: Tensor = loss_of(model(images), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's
            optimizer.step()
            total += loss.detach()
        assert total.isfinite()
        seconds.append(perf_counter() - begun)
    return seconds


def fabric(make: Make, size: int, steps: int, epochs: int) -> list[float]:
    """Lightning's Fabric, over the same batches."""
    lightning: Any = Fabric(accelerator="cpu", devices=1)
    bare, loss_of, seconds = make(), nn.CrossEntropyLoss(), list[float]()
    model, optimizer = lightning.setup(bare, Adam(bare.parameters(), lr=1e-3, fused=True))
    for _ in range(epochs):
        begun = perf_counter()
        for images, labels in in_memory(size, steps):
            loss = loss_of(model(images), labels)
            optimizer.zero_grad()
            lightning.backward(loss)
            optimizer.step()
        seconds.append(perf_counter() - begun)
    return seconds


QUIET: dict[str, Any] = {"accelerator": "cpu", "devices": 1, "enable_model_summary": False}


def bare(make: Make, size: int, steps: int, epochs: int) -> list[float]:
    """Lightning's Trainer with nothing on, over the same batches."""
    clock = Clock()
    nothing: dict[str, Any] = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar"), False)
    trainer = Trainer(**QUIET, **nothing, max_epochs=epochs, callbacks=[clock])
    trainer.fit(Plain(make(), logged=False), Whole(size, steps))
    return clock.seconds


def template(make: Make, size: int, steps: int, epochs: int) -> list[float]:
    """What most begin with: torchvision's samples, a metric and logs of each step, Lightning's defaults."""
    clock, examples = Clock(), size * steps
    with tempfile.TemporaryDirectory() as directory:
        callbacks: list[Callback] = [LearningRateMonitor(), ModelCheckpoint(), clock]
        logger = TensorBoardLogger(directory)
        trainer = Trainer(**QUIET, max_epochs=epochs, logger=logger, callbacks=callbacks, default_root_dir=directory)
        loader = DataLoader(OneByOne(examples), batch_size=size, shuffle=True)
        trainer.fit(Plain(make(), logged=True), loader)
    return clock.seconds


def ours(
    make: Make, size: int, steps: int, epochs: int, validates: bool = False, line: Sequence[str] = ("trainer=cpu",)
) -> list[float]:
    """The default run with all that is on in it, and what else the line says."""
    with tempfile.TemporaryDirectory() as directory, composing():
        limits = [f"trainer.limit_train_batches={steps}", f"trainer.max_epochs={epochs}"]
        limits += [] if validates else ["trainer.limit_val_batches=0"]
        whole = [f"output_dir={directory}", "monitor=train/loss", "mode=min", *limits, *line]
        config: Any = compose("config", overrides=whole)
        _, loop, trainer = assemble(config)
        loop.model = make()
        clock = Clock()
        trainer.callbacks.append(clock)  # type: ignore[attr-defined]  # set by one of its connectors
        (Path(directory) / "checkpoints").mkdir()
        trainer.fit(loop, datamodule=Noise(batch_size=size, seed=1))
    return clock.seconds
