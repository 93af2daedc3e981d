"""Datamodules of datasets that are published as files known by their content."""

from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from .image import ImageDataModule
from .samples import Transform


class PublishedImages(ImageDataModule):
    """Images from verified files: in `data_dir`, a directory that the environment names, the system, or the net.

    Args:
        data_dir: what torchvision calls `root`: files lie in `data_dir/NAME/raw/`, and downloads go there.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve.
        num_workers: processes that make batches; 0 makes them in the training process, which is fast enough for images
            in memory without a `transform`.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.
    """

    def __init__(
        self,
        data_dir: str | Path = "data",
        *,
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_size=val_size,
            num_workers=num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )
        self.data_dir = Path(data_dir).expanduser()
