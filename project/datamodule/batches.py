"""Whole batches out of tensors in memory, in an order that is a pure function of (seed, epoch).

`DataLoader(images, sampler=EpochOrder(...), batch_size=B)` is PyTorch's usual layout, so that Lightning's own handling
(`set_epoch`, `overfit_batches`, indices of predictions) works on it unchanged.

Shapes: N = examples, B = batch, C = channels, H = height, W = width.
"""

import hashlib
from abc import abstractmethod
from array import array
from collections.abc import Iterator, Sequence, Sized
from functools import cached_property
from typing import Any, TypeVar, cast

import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset
from torch.utils.data.distributed import DistributedSampler

from .placement import gathered

_TOGETHER = 1024
"""Images that are gathered at once: a processor's cache holds them until they are normalised."""

T = TypeVar("T")
Batch = tuple[Tensor, Tensor]
"""Images (B, C, H, W), uint8 from the loader and normalised floats on the device, and targets; see `Targets`."""


def seed_of(*key: object) -> int:
    """64 bits that depend on `key` alone."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big", signed=True)


def generator(*key: object) -> Generator:
    """A CPU generator that depends on `key` alone; unlike seed + epoch, no two keys share a stream."""
    return torch.Generator().manual_seed(seed_of(*key))


class Examples(Dataset[Batch]):
    """Examples of which a DataLoader gets whole batches."""

    @abstractmethod
    def __len__(self) -> int:
        """N."""

    @abstractmethod
    def some(self, chosen: Tensor) -> tuple[Tensor | list[Tensor], Tensor]:
        """The images and targets at the int64 indices `chosen`; images of several sizes as a list."""

    @abstractmethod
    def subset(self, chosen: Tensor) -> "Examples":
        """The examples at the int64 indices `chosen`, as a dataset of their own."""


class LabelledImages(Examples):
    """Images (N, C, H, W) uint8 and targets (N, ...) in memory; a list of indices is one indexing operation.

    Attributes:
        near: the images and targets of which batches are made; between `bring` and `release`, copies on a device.
    """

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images = images
        self.labels = labels
        self.near = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Batch:
        return self.images[index], self.labels[index]

    def __getitems__(self, indices: list[int]) -> Batch:
        """The batch that a DataLoader asks for: images (B, C, H, W) and targets (B, ...)."""
        return self.some(tensor_of(indices))

    @cached_property
    def checksum(self) -> str:
        """The sha256 of images and targets, in hexadecimal digits; 47 MB take a tenth of a second."""
        digest = hashlib.sha256(self.images.contiguous().numpy().data)
        digest.update(self.labels.contiguous().numpy().data)
        return digest.hexdigest()

    def some(self, chosen: Tensor) -> Batch:
        """Copies of the images and targets at the int64 indices `chosen`, on the device that they are near to."""
        images, labels = self.near
        there = chosen.to(images.device)
        return gathered(images, there, images.device), gathered(labels, there, images.device)

    def subset(self, chosen: Tensor) -> "LabelledImages":
        """Copies of the images and targets at `chosen`."""
        return LabelledImages(*self.some(chosen))

    def bring(self, device: torch.device, room: int) -> None:
        """Have batches made on `device`, if copies of all images and targets take at most so many bytes there."""
        if self.near[0] is self.images and self.images.nbytes + self.labels.nbytes <= room:
            self.near = self.images.to(device, copy=True), self.labels.to(device, copy=True)

    def release(self) -> None:
        """Give the device its memory back."""
        self.near = self.images, self.labels

    def batches(self, chosen: Tensor, batch_size: int, device: torch.device) -> Iterator[Batch]:
        """The batches that the int64 indices `chosen` make, on `device`, several of them with one operation."""
        near = self.near
        for together in torch.split(chosen.to(near[0].device), max(1, _TOGETHER // batch_size) * batch_size):
            images, labels = (torch.split(gathered(part, together, device), batch_size) for part in near)
            yield from zip(images, labels, strict=True)


def tensor_of(indices: Sequence[int]) -> Tensor:
    """The indices as int64."""
    # Through an array, five times as fast as torch.tensor(list).
    return torch.frombuffer(array("q", indices), dtype=torch.int64)


def as_is(batch: T) -> T:
    """The `collate_fn` of batches that come whole."""
    return batch


def images_only(batch: Batch) -> Tensor:
    """The `collate_fn` of prediction: a batch without its targets."""
    return batch[0]


class EpochOrder(DistributedSampler[Any]):
    """One rank's indices of an epoch: each sample once over all ranks, the same number of batches on each rank.

    Step t of all ranks together takes the same samples as step t of one process with `world_size * batch_size`. Only
    when the last step has fewer samples than there are ranks do the ranks without one repeat a sample, since a rank
    that steps less often than the others hangs them.

    A DistributedSampler in order that Lightning leaves it in place; of that class it keeps `set_epoch` alone.

    Args:
        dataset: what is indexed; only its length N is used.
        batch_size: B, as in the DataLoader.
        seed: of the order; unused without `shuffle`.
        shuffle: a permutation for each epoch rather than 0 .. N-1.
        rank: index of this process among `world_size`.
        world_size: number of processes that share the samples.
        resume: (epoch, batches): that epoch begins after so many of its batches. Its length stays that of all.
    """

    def __init__(
        self,
        dataset: Sized,
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
        rank: int = 0,
        world_size: int = 1,
        resume: tuple[int, int] = (0, 0),
    ) -> None:
        # torch leaves the type of the dataset's items open.
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            cast(Any, dataset), num_replicas=world_size, rank=rank, shuffle=shuffle, seed=seed
        )
        self.size = len(dataset)
        self.resume = resume
        self.skipped = resume[1] * batch_size
        in_last_step = self.size % (world_size * batch_size)
        self.repeats = 0 < in_last_step < world_size and rank >= in_last_step
        self.set_epoch(resume[0])

    def __len__(self) -> int:
        return len(range(self.rank, self.size, self.num_replicas)) + self.repeats

    def __iter__(self) -> Iterator[int]:
        mine: list[int] = self.indices().numpy().tolist()
        return iter(mine[self.skipped :] if self.epoch == self.resume[0] else mine)

    def indices(self) -> Tensor:
        """The rank's indices of the whole epoch, int64."""
        if self.shuffle:
            order = torch.randperm(self.size, generator=generator(self.seed, "order", self.epoch))
        else:
            order = torch.arange(self.size)
        mine = order[self.rank :: self.num_replicas]
        return torch.cat([mine, order[self.rank % self.size].view(1)]) if self.repeats else mine
