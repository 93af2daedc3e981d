"""IDX files: the format in which MNIST and its successors are published.

An IDX file of unsigned bytes is a big-endian header (magic number, then one 32-bit length a dimension) and the raw
values after it: http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database". The headers are never parsed
here: the sha256 of a file's content fixes them.

Shapes: N = images, H = height, W = width.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Self

import torch
from torch import Tensor

from .published import PublishedFile


@dataclass(frozen=True)
class IdxFile(PublishedFile):
    """One IDX file of unsigned bytes, whose size and digest are those of the decompressed content, header included.

    Attributes:
        shape: (N, H, W) of images or (N,) of labels.
    """

    shape: tuple[int, ...]
    gzipped: ClassVar[bool] = True

    @classmethod
    def described(cls, name: str, shape: tuple[int, ...], sha256: str) -> Self:
        """The file of that name; its size follows from the shape."""
        return cls(name, _header_size(shape) + prod(shape), sha256, shape)

    def tensor(self, content: bytes) -> Tensor:
        """The values as an uint8 tensor of `shape`."""
        # A bytearray, since torch shares the memory and warns about one that must not be written.
        return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=_header_size(self.shape)).view(self.shape)


def _header_size(shape: tuple[int, ...]) -> int:
    """Bytes before the first value."""
    return 4 + 4 * len(shape)


@dataclass(frozen=True)
class IdxFiles:
    """The four files of a dataset: images and labels to train on, images and labels to test on."""

    train_images: IdxFile
    train_labels: IdxFile
    test_images: IdxFile
    test_labels: IdxFile

    @classmethod
    def described(cls, train: int, test: int, sha256: tuple[str, str, str, str], side: int = 28) -> Self:
        """Files under MNIST's names: `train` and `test` square images of `side` pixels, with digests in field order."""
        return cls(
            IdxFile.described("train-images-idx3-ubyte", (train, side, side), sha256[0]),
            IdxFile.described("train-labels-idx1-ubyte", (train,), sha256[1]),
            IdxFile.described("t10k-images-idx3-ubyte", (test, side, side), sha256[2]),
            IdxFile.described("t10k-labels-idx1-ubyte", (test,), sha256[3]),
        )

    def all(self) -> tuple[IdxFile, ...]:
        """All four, in field order."""
        return self.train_images, self.train_labels, self.test_images, self.test_labels
