"""Examples that are read, or whose images are transformed, one by one.

Shapes: N = examples, B = batch, C = channels, H = height, W = width; (C, h, w) is an image of any size.
"""

import os
from collections.abc import Callable, Generator, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import Dataset

from .batches import Batch, Examples, seed_of, tensor_of
from .targets import Targets

Transform = Callable[[Tensor], Tensor]
"""From an image (C, h, w) to an image."""


class Samples(Examples):
    """What a map-style dataset gives one by one: images, tensors or of PIL, as tensors, and targets as the task's."""

    def __init__(self, dataset: Dataset[Any], targets: Targets, indices: Tensor | None = None) -> None:
        self.dataset = dataset
        self.targets = targets
        self.indices = torch.arange(len(cast(Sized, dataset))) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    def some(self, chosen: Tensor) -> tuple[list[Tensor], Tensor]:
        """Read the examples at `chosen`.

        Raises:
            ValueError: a target that the task does not have.
        """
        where: list[int] = self.indices[chosen].numpy().tolist()
        pairs = [self.dataset[index] for index in where]
        return [_tensor(image) for image, _ in pairs], self.targets.of([target for _, target in pairs])

    def subset(self, chosen: Tensor) -> "Samples":
        """Those at `chosen`; nothing is read."""
        return Samples(self.dataset, self.targets, self.indices[chosen])


class Transformed(Dataset[Batch]):
    """Batches of examples whose images are treated one by one, each with random draws of its own.

    The draws depend on the seed and on the batch's indices alone, so neither the number of workers nor a resumed run
    changes what is seen.

    Args:
        examples: what the batches are made of.
        transform: from an image (C, h, w) to an image; None leaves it.
        fit: what brings an image to (C, H, W) after that, or refuses it.
        seed: of the draws.
    """

    def __init__(self, examples: Examples, transform: Transform | None, fit: Transform, seed: int) -> None:
        self.examples = examples
        self.transform = transform
        self.fit = fit
        self.seed = seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitems__(self, indices: list[int]) -> Batch:
        """The batch that a DataLoader asks for: images (B, C, H, W) and targets (B, ...)."""
        with drawing(self.seed, "transform", indices):
            images, targets = self.examples.some(tensor_of(indices))
            return torch.stack([self.fit(self._transformed(image)) for image in images]), targets

    def _transformed(self, image: Tensor) -> Tensor:
        return image if self.transform is None else self.transform(image)


@dataclass(frozen=True)
class Fit:
    """Brings images to the size of the dataset, or refuses them.

    Attributes:
        shape: (C, H, W).
        resize: whether other sizes are scaled to H x W; else they are a mistake.
    """

    shape: tuple[int, int, int]
    resize: bool = False

    def __call__(self, image: Tensor) -> Tensor:
        """Return the image in `shape`.

        Raises:
            ValueError: it has another shape, or is neither of bytes nor of floats.
        """
        if self.resize and image.dim() == 3 and image.shape[1:] != self.shape[1:]:
            image = _functional().resize(image, list(self.shape[1:]), antialias=True)
        if image.shape != self.shape or image.dtype not in (torch.uint8, torch.float32):
            raise ValueError(
                f"an image is {tuple(image.shape)} {image.dtype} after its transform, and must be {self.shape} uint8"
            )
        return image


@contextmanager
def drawing(*key: object) -> Generator[None]:
    """Within it PyTorch's CPU generator depends on `key` alone; after it, it goes on as if nothing had been drawn."""
    state = torch.get_rng_state()
    # `torch.manual_seed` would reseed every GPU as well.
    torch.default_generator.manual_seed(seed_of(*key))
    try:
        yield
    finally:
        torch.set_rng_state(state)


def workers() -> int:
    """Processes that may read examples at once: one a core that this process may use, eight at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(8, cores)


def _tensor(image: Any) -> Tensor:
    if isinstance(image, Tensor):
        return image
    tensor: Tensor = _functional().pil_to_tensor(image)
    return tensor


def _functional() -> Any:
    # Imported here: torchvision costs seconds, and images in memory need none of it.
    return import_module("torchvision.transforms.v2.functional")
