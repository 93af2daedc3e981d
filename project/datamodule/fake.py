"""Noise with labels, to try things out and to measure speed without any files.

Shapes: N = images, C = channels, H = height, W = width.
"""

from importlib import import_module
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge
from torch import Tensor

from .image import ImageDataModule
from .samples import Transform


class FakeImages(ImageDataModule):
    """torchvision's FakeData in memory: even noise, the same each time, with labels that mean nothing.

    Args:
        size: images to train and validate on; a sixth as many are there to test.
        num_classes: K, the number of classes.
        num_channels: C, 1 for grey and 3 for colour.
        height: H in pixels.
        width: W in pixels.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve.
        num_workers: processes that make batches; 0 makes them in the training process.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.

    Raises:
        ValueError: an argument out of its range.
    """

    def __init__(
        self,
        *,
        size: Annotated[int, Ge(6)] = 1200,
        num_classes: Annotated[int, Ge(1)] = 10,
        num_channels: Literal[1, 3] = 3,
        height: Annotated[int, Ge(1)] = 32,
        width: Annotated[int, Ge(1)] = 32,
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        if size < 6 or num_classes < 1 or num_channels not in (1, 3) or height < 1 or width < 1:
            raise ValueError(
                f"FakeImages: {size=}, {num_classes=}, {num_channels=}, {height=}, {width=}: needs 6 images or more,"
                " a class, 1 or 3 channels, and a pixel"
            )
        self.size = size
        self.classes = tuple(map(str, range(num_classes)))
        self.num_channels, self.height, self.width = num_channels, height, width
        # Even noise: bytes of 0 .. 255 alike.
        self.mean, self.std = (0.5,) * num_channels, (0.29,) * num_channels
        super().__init__(
            batch_size=batch_size,
            val_size=val_size,
            num_workers=num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """Noise (N, C, H, W) and labels (N,)."""
        datasets: Any = import_module("torchvision.datasets")
        functional: Any = import_module("torchvision.transforms.v2.functional")
        fake = datasets.FakeData(
            self.size if train else self.size // 6,
            (self.num_channels, self.height, self.width),
            self.num_classes,
            random_offset=0 if train else self.size,
        )
        pairs = [fake[index] for index in range(len(fake))]
        images = torch.stack([functional.pil_to_tensor(image) for image, _ in pairs])
        return images, torch.tensor([label for _, label in pairs])
