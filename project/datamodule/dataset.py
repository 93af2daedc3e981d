"""A datamodule over datasets that exist already.

Shapes: B = batch, C = channels, H = height, W = width.
"""

from collections.abc import Sized
from typing import Annotated, Any, cast

import torch
from annotated_types import Ge
from torch.utils.data import Dataset

from .image import ImageDataModule
from .samples import Samples, Transform, workers
from .targets import Task


class DatasetDataModule(ImageDataModule):
    """Any pair of map-style datasets of (image, target) pairs, read one by one in the workers.

    An image is of PIL, or (C, H, W) uint8, or (C, H, W) float32; floats are taken as normalised. What a model must
    know before the data is seen is stated here, and compared with the first example of each dataset.

    Args:
        train: to train on.
        test: to test on, and to predict.
        val: to validate on; None holds examples out of `train`.
        num_classes: K, the number of classes or of labels; 2 in a binary task, and 0 in regression.
        num_channels: C.
        height: H in pixels.
        width: W in pixels.
        mean: of each channel, of values in [0, 1]; None is 0.5, which puts pixels into [-1, 1].
        std: standard deviation of each channel, likewise.
        task: what the targets are.
        batch_size: examples a batch, on each process.
        val_size: examples held out of `train` for validation, exactly; None holds out one in twelve.
        num_workers: processes that read examples; None takes one for each core that the run may use, eight at most.
        transform: applied to each training image (C, h, w) on its own.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W), on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.

    Raises:
        ValueError: an argument out of its range, or facts that contradict each other or the datasets.
    """

    def __init__(
        self,
        train: Dataset[Any],
        test: Dataset[Any],
        val: Dataset[Any] | None = None,
        *,
        num_classes: Annotated[int, Ge(0)],
        num_channels: Annotated[int, Ge(1)],
        height: Annotated[int, Ge(1)],
        width: Annotated[int, Ge(1)],
        mean: tuple[float, ...] | None = None,
        std: tuple[float, ...] | None = None,
        task: Task = "multiclass",
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] | None = None,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        self.task = task
        self.classes = tuple(map(str, range(num_classes)))
        self.num_channels, self.height, self.width = num_channels, height, width
        self.mean, self.std = mean or (0.5,) * num_channels, std or (0.5,) * num_channels
        if val is not None and val_size is not None:
            raise ValueError(f"DatasetDataModule: val_size={val_size} has no effect beside val; leave one out")
        super().__init__(
            batch_size=batch_size,
            val_size=val_size,
            num_workers=workers() if num_workers is None else num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )
        self.datasets = {"train": train, "test": test, "val": val}
        for name, dataset in self.datasets.items():
            if dataset is not None and not isinstance(dataset, Sized):
                what = f"{name} ({type(dataset).__name__}) has no length"
                raise ValueError(f"DatasetDataModule: {what}; give a map-style dataset")

    def load(self, train: bool) -> Dataset[Any]:
        """The dataset given."""
        return cast("Dataset[Any]", self._tried("train" if train else "test"))

    def load_val(self) -> Dataset[Any] | None:
        """The dataset given, if there was one."""
        return self._tried("val")

    def _tried(self, name: str) -> Dataset[Any] | None:
        """The dataset of that name, after a look at its first example and at that of `train`."""
        dataset = self.datasets[name]
        if dataset is None:
            return None
        own, trained_on = self._dtype_in(name), self._dtype_in("train")
        if own != trained_on:
            raise ValueError(
                f"DatasetDataModule: {name} has images of {own} and train of {trained_on}; bytes are normalised here,"
                " and floats are not"
            )
        return dataset

    def _dtype_in(self, name: str) -> torch.dtype:
        try:
            [image], _ = Samples(cast("Dataset[Any]", self.datasets[name]), self.targets).some(torch.tensor([0]))
        except ValueError as error:
            raise ValueError(f"DatasetDataModule: the first example of {name} has {error}") from error
        return image.dtype
