"""Data without files and loops without a config."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Adam, Optimizer
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from project.datamodule import ImageDataModule
from project.loop import Schedule, SupervisedLoop
from project.scheduler import Cosine

COSINE = Cosine()
ADAM = partial(Adam, lr=1e-3)


def images(size: int = 28, channels: int = 1, classes: int = 10, batch_size: int = 64) -> ImageDataModule:
    """A datamodule of so many classes of square noise."""
    names, sides, amount = tuple(map(str, range(classes))), size, channels

    class Noise(ImageDataModule):
        classes = names
        num_channels, height, width = amount, sides, sides
        mean = std = (0.5,) * amount

        def load(self, train: bool) -> tuple[Tensor, Tensor]:
            count = 3 * self.batch_size
            noise = torch.randint(256, (count, amount, sides, sides), dtype=torch.uint8)
            return noise, torch.arange(count) % len(names)

    return Noise(batch_size=batch_size)


def supervised(
    model: nn.Module,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
    optimizer: Callable[[Iterable[Parameter]], Optimizer] = ADAM,
    scheduler: Schedule = COSINE,
    metrics: Mapping[str, Metric] | None = None,
) -> SupervisedLoop:
    """The loop of the default run around a model."""
    usual = {"accuracy": MulticlassAccuracy(10, average="micro"), "f1": MulticlassF1Score(10)}
    return SupervisedLoop(
        model, loss or nn.CrossEntropyLoss(), optimizer, scheduler, usual if metrics is None else metrics
    )
