"""Whole batches out of tensors in memory, in an order that is a pure function of (seed, epoch).

`DataLoader(images, sampler=EpochOrder(...), batch_size=B)` is PyTorch's usual layout, so that Lightning's own handling
(`set_epoch`, `overfit_batches`, indices of predictions) works on it unchanged.

Shapes: N = images, B = batch, C = channels, H = height, W = width.
"""

import hashlib
from array import array
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset
from torch.utils.data.distributed import DistributedSampler

T = TypeVar("T")


def generator(*key: object) -> Generator:
    """A CPU generator that depends on `key` alone; unlike seed + epoch, no two keys share a stream."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))


class LabelledImages(Dataset[tuple[Tensor, Tensor]]):
    """Images (N, C, H, W) uint8 and labels (N,) int64; a list of indices is one indexing operation."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images = images
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.images[index], self.labels[index]

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        """The batch that a DataLoader asks for: images (B, C, H, W) and labels (B,)."""
        # Through an array, five times as fast as torch.tensor(list).
        return self.rows(torch.frombuffer(array("q", indices), dtype=torch.int64))

    @cached_property
    def checksum(self) -> str:
        """The sha256 of images and labels, in hexadecimal digits; 47 MB take a tenth of a second."""
        digest = hashlib.sha256(self.images.contiguous().numpy().data)
        digest.update(self.labels.contiguous().numpy().data)
        return digest.hexdigest()

    def rows(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Copies of the images and labels at the int64 indices `chosen`."""
        # For bytes some twenty times as fast as images[chosen].
        return self.images.index_select(0, chosen), self.labels.index_select(0, chosen)


def as_is(batch: T) -> T:
    """The `collate_fn` of batches that come whole."""
    return batch


def images_only(batch: tuple[Tensor, Tensor]) -> Tensor:
    """The `collate_fn` of prediction: a batch without its labels."""
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
        dataset: LabelledImages,
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
            dataset, num_replicas=world_size, rank=rank, shuffle=shuffle, seed=seed
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
        order = self._order()
        mine = order[self.rank :: self.num_replicas]
        if self.repeats:
            mine.append(order[self.rank % self.size])
        return iter(mine[self.skipped :] if self.epoch == self.resume[0] else mine)

    def _order(self) -> list[int]:
        if not self.shuffle:
            return list(range(self.size))
        shuffled = torch.randperm(self.size, generator=generator(self.seed, "order", self.epoch))
        indices: list[int] = shuffled.numpy().tolist()
        return indices
