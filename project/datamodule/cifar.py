"""CIFAR-10 and CIFAR-100: small photographs of things and animals.

Krizhevsky, "Learning multiple layers of features from tiny images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html.
Taken is the binary version: unlike the one for Python it holds no pickles, which would run code when they are loaded.

Shapes: N = images.
"""

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor

from .published import Files, PublishedFile
from .published_images import PublishedImages
from .source import Archive, Found, find, prepare
from .supply import provenance, report, warn_of_damage

_PIXELS = 3 * 32 * 32
"""Bytes of an image: the red, the green and the blue ones, each row by row."""


@dataclass(frozen=True)
class CifarTar(PublishedFile):
    """The archive of a binary version: records of one or two bytes for labels, the last one counting, and an image.

    Attributes:
        train: the members to train on.
        test: the members to test on.
        label_bytes: 1 in CIFAR-10; 2 in CIFAR-100, the coarse label and the fine one.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    label_bytes: int

    def all(self) -> tuple[Self]:
        """The one file that there is."""
        return (self,)

    def records(self, content: bytes, train: bool) -> tuple[Tensor, Tensor]:
        """Images (N, 3, 32, 32) uint8 and labels (N,) int64 of one set, out of the archive's verified content."""
        wanted = self.train if train else self.test
        found = dict[str, bytes]()
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
            for member in archive:
                if member.name in wanted and (file := archive.extractfile(member)):
                    found[member.name] = file.read()
        # A bytearray, since torch shares the memory and warns about one that must not be written.
        joined = bytearray().join(found[name] for name in wanted)
        records = torch.frombuffer(joined, dtype=torch.uint8).view(-1, self.label_bytes + _PIXELS)
        images = records[:, self.label_bytes :].reshape(-1, 3, 32, 32).contiguous()
        return images, records[:, self.label_bytes - 1].long()


class CifarImages(PublishedImages):
    """Images from one verified archive.

    Attributes:
        source_used: what serves the images, for a run's results: `full: DIRECTORY`; empty at first.
    """

    archive: ClassVar[Archive[CifarTar]]
    num_channels = 3
    height = 32
    width = 32
    source_used = ""
    _content: bytes | None = None

    def prepare_data(self) -> None:
        """Find the archive, mend one that is corrupt in `data_dir`, and download it when no place has it.

        Raises:
            FileNotFoundError: it is nowhere; lists every place and its reason.
        """
        if self._content is None:
            self._content = self._look(prepare)

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """The images (N, 3, 32, 32) and labels (N,) of one set."""
        content = self._content or self._look(find)
        self._content = None  # not kept for a whole run: reading it again takes less than a second
        return self.archive.files.records(content, train)

    def _look(self, how: Callable[[Archive[Files], Path], Found]) -> bytes:
        found = how(self.archive, self.data_dir)
        warn_of_damage(found)
        if not found.whole:
            raise FileNotFoundError(report(self.archive, self.data_dir, found))
        self.source_used = provenance(found)
        return found.contents[self.archive.files.name]


class CIFAR10(CifarImages):
    """50 000 + 10 000 photographs of ten kinds of animals and vehicles, 32 x 32 pixels in colour."""

    archive = Archive(
        name="CIFAR10",
        variable="CIFAR10_DIR",
        share="cifar-10",
        files=CifarTar(
            name="cifar-10-binary.tar.gz",
            size=170_052_171,
            sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            train=tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
            test=("cifar-10-batches-bin/test_batch.bin",),
            label_bytes=1,
        ),
    )
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    mean = (0.4914, 0.4822, 0.4465)
    std = (0.2470, 0.2435, 0.2616)


class CIFAR100(CifarImages):
    """50 000 + 10 000 photographs of a hundred kinds of things and animals, 32 x 32 pixels in colour."""

    archive = Archive(
        name="CIFAR100",
        variable="CIFAR100_DIR",
        share="cifar-100",
        files=CifarTar(
            name="cifar-100-binary.tar.gz",
            size=168_513_733,
            sha256="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            train=("cifar-100-binary/train.bin",),
            test=("cifar-100-binary/test.bin",),
            label_bytes=2,
        ),
    )
    # fmt: off
    classes = (
        "apple", "aquarium fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
        "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
        "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
        "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
        "lamp", "lawn mower", "leopard", "lion", "lizard", "lobster", "man", "maple tree", "motorcycle", "mountain",
        "mouse", "mushroom", "oak tree", "orange", "orchid", "otter", "palm tree", "pear", "pickup truck", "pine tree",
        "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
        "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
        "squirrel", "streetcar", "sunflower", "sweet pepper", "table", "tank", "telephone", "television", "tiger",
        "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow tree", "wolf", "woman", "worm",
    )
    # fmt: on
    mean = (0.5071, 0.4865, 0.4409)
    std = (0.2673, 0.2564, 0.2762)
