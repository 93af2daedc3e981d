"""IDX files: the format in which MNIST and its successors are published.

An IDX file of unsigned bytes is a big-endian header (magic number, then one 32-bit length a dimension) and the raw
values after it: http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database". The headers are never parsed
here: the sha256 of a file's content fixes them.

Shapes: N = images, H = height, W = width.
"""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Self

import torch
from torch import Tensor


class CorruptFileError(Exception):
    """A file exists and cannot be trusted; the message names it and says why."""


@dataclass(frozen=True)
class IdxFile:
    """One decompressed IDX file of unsigned bytes, known by its content.

    Attributes:
        name: upstream's file name, without `.gz`.
        shape: (N, H, W) of images or (N,) of labels.
        sha256: hexadecimal digest of the decompressed content, header included.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header_size(self) -> int:
        """Bytes before the first value."""
        return 4 + 4 * len(self.shape)

    def problem(self, content: bytes) -> str | None:
        """Why `content` is not this file, or None when it is."""
        size = self.header_size + prod(self.shape)
        if len(content) != size:
            return f"holds {len(content)} bytes instead of {size}"
        digest = hashlib.sha256(content).hexdigest()
        return None if digest == self.sha256 else f"has the sha256 {digest} instead of {self.sha256}"

    def tensor(self, content: bytes) -> Tensor:
        """The values as an uint8 tensor of `shape`."""
        # A bytearray, since torch shares the memory and warns about one that must not be written.
        return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=self.header_size).view(self.shape)

    def read(self, path: Path) -> bytes:
        """The verified, decompressed content of `path`, which is gzipped when its name ends in `.gz`.

        Raises:
            CorruptFileError: it cannot be read, cannot be decompressed, or is not this file.
        """
        try:
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise CorruptFileError(f"{path} cannot be read: {error}") from error
        if why := self.problem(content):
            raise CorruptFileError(f"{path} is corrupt: it {why}")
        return content


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
            IdxFile("train-images-idx3-ubyte", (train, side, side), sha256[0]),
            IdxFile("train-labels-idx1-ubyte", (train,), sha256[1]),
            IdxFile("t10k-images-idx3-ubyte", (test, side, side), sha256[2]),
            IdxFile("t10k-labels-idx1-ubyte", (test,), sha256[3]),
        )

    def all(self) -> tuple[IdxFile, ...]:
        """All four, in field order."""
        return self.train_images, self.train_labels, self.test_images, self.test_labels
