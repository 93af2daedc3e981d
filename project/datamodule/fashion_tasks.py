"""Tasks beyond classification on the pictures of Fashion-MNIST: several labels, yes or no, and a number.

Shapes: N = images, L = labels.
"""

import math
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Ge, Interval
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from .batches import generator
from .fashion_mnist import FashionMNIST
from .samples import Transform
from .supply import Source

_ATTRIBUTES = ("upper body", "lower body", "footwear", "long sleeves", "front opening", "closed toe")
_OF_CLASS = {
    "T-shirt/top": ("upper body",),
    "Trouser": ("lower body",),
    "Pullover": ("upper body", "long sleeves"),
    "Dress": ("upper body", "lower body"),
    "Coat": ("upper body", "long sleeves", "front opening"),
    "Sandal": ("footwear",),
    "Shirt": ("upper body", "long sleeves", "front opening"),
    "Sneaker": ("footwear", "closed toe"),
    "Bag": (),
    "Ankle boot": ("footwear", "closed toe"),
}


class FashionAttributes(FashionMNIST):
    """Fashion-MNIST with six attributes of each piece, of which a bag has none: a task of several labels.

    They follow from the piece's class, so that a shirt counts as long-sleeved even if this one is not:

    | | upper body | lower body | footwear | long sleeves | front opening | closed toe |
    | --- | --- | --- | --- | --- | --- | --- |
    | T-shirt/top | 1 | | | | | |
    | Trouser | | 1 | | | | |
    | Pullover | 1 | | | 1 | | |
    | Dress | 1 | 1 | | | | |
    | Coat | 1 | | | 1 | 1 | |
    | Sandal | | | 1 | | | |
    | Shirt | 1 | | | 1 | 1 | |
    | Sneaker | | | 1 | | | 1 |
    | Bag | | | | | | |
    | Ankle boot | | | 1 | | | 1 |
    """

    task = "multilabel"
    classes = _ATTRIBUTES

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """The images (N, 1, 28, 28), and for each attribute 0 or 1: (N, L) int64."""
        images, labels = super().load(train)
        table = torch.tensor(
            [[name in _OF_CLASS[piece] for name in _ATTRIBUTES] for piece in FashionMNIST.classes], dtype=torch.int64
        )
        return images, table[labels]


class Footwear(FashionMNIST):
    """Fashion-MNIST with one question: is it footwear? A binary task, 30 percent of it positive."""

    task = "binary"
    classes = ("no footwear", "footwear")

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """The images (N, 1, 28, 28), and 1 for sandals, sneakers and ankle boots, else 0: (N, 1) int64."""
        images, labels = super().load(train)
        shoes = torch.tensor([FashionMNIST.classes.index(name) for name in ("Sandal", "Sneaker", "Ankle boot")])
        return images, torch.isin(labels, shoes).long().unsqueeze(1)


class RotatedFashionMNIST(FashionMNIST):
    """Fashion-MNIST turned, each image by an angle of its own; the target of this regression is that angle.

    The angles are spread evenly over [-max_angle, max_angle]. They depend on the image's place in its set alone: every
    seed has the same test set.

    Args:
        data_dir: what torchvision calls `root`: files lie in `data_dir/FashionMNIST/raw/`, and downloads go there.
        source: `full` is an error when the full set is nowhere, `bundled` takes the subset of 6000 + 1000 images, and
            `auto` takes the full set or else, with a warning, the subset.
        max_angle: degrees; a positive angle turns counter-clockwise.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve: 5000, or
            500 of the subset.
        num_workers: processes that make batches; 0 makes them in the training process.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.

    Raises:
        ValueError: an argument out of its range.
    """

    task = "regression"
    classes = ()
    # Turning leaves less of a piece inside the frame; these are the values at 45 degrees.
    mean = (0.282,)
    std = (0.339,)

    def __init__(
        self,
        data_dir: str | Path = "data",
        *,
        source: Source = "auto",
        max_angle: Annotated[float, Interval(gt=0, le=180)] = 45.0,
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            data_dir,
            source=source,
            batch_size=batch_size,
            val_size=val_size,
            num_workers=num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )
        if not 0 < max_angle <= 180:
            raise ValueError(f"RotatedFashionMNIST: max_angle={max_angle} is not in (0, 180]")
        self.max_angle = max_angle

    @property
    def target_std(self) -> float:
        """Standard deviation of the angles, in degrees."""
        return float(self.max_angle) / math.sqrt(3)

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """The images (N, 1, 28, 28), turned, and their angles (N, 1) float32 in degrees."""
        images, _ = super().load(train)
        draws = torch.rand(len(images), 1, generator=generator("angles", train))
        angles = self.max_angle * (2 * draws - 1)
        chunks = (slice(start, start + _CHUNK) for start in range(0, len(images), _CHUNK))
        return torch.cat([_turned(images[chunk], angles[chunk]) for chunk in chunks]), angles


_CHUNK = 5000
"""Images turned at once, so that their floats do not outweigh the set's bytes."""


def _turned(images: Tensor, angles: Tensor) -> Tensor:
    """Images (N, 1, 28, 28) uint8 turned by angles (N, 1) in degrees, black coming in at the corners."""
    cos, sin, zero = angles.deg2rad().cos(), angles.deg2rad().sin(), torch.zeros_like(angles)
    # Where each pixel comes from; in images the second axis points down.
    theta = torch.stack([cos, -sin, zero, sin, cos, zero], dim=-1).view(-1, 2, 3)
    grid = affine_grid(theta, list(images.shape), align_corners=False)
    return grid_sample(images.float(), grid, align_corners=False).round().to(torch.uint8)
