"""Each option of the catalogue's datamodules, over data so small that a test makes it."""

import functools
import hashlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from image_places import fill, small_contents
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

import configs
from project.datamodule import (
    CIFAR10,
    CIFAR100,
    MNIST,
    DatasetDataModule,
    FakeImages,
    FashionAttributes,
    FashionMNIST,
    Footwear,
    ImageDataModule,
    ImageFolder,
    RotatedFashionMNIST,
)
from project.datamodule.batches import Batch, generator
from project.datamodule.cifar import CifarImages
from project.datamodule.fashion_mnist import SUBSET

OPTIONS = sorted(configs.datamodule.options)


class Pairs(Dataset[Batch]):
    """A map-style dataset of noise, images (C, H, W) uint8 with these targets."""

    def __init__(self, targets: Tensor, shape: tuple[int, ...] = (3, 8, 8), seed: int = 0) -> None:
        self.targets = targets
        noise = torch.Generator().manual_seed(seed)
        self.images = torch.randint(256, (len(targets), *shape), generator=noise, dtype=torch.uint8)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> Batch:
        return self.images[index], self.targets[index]


def pairs(size: int, seed: int = 0) -> Pairs:
    """Examples of five classes."""
    return Pairs(torch.arange(size) % 5, seed=seed)


@functools.cache
def small_cifar(kind: type[CifarImages], data_dir: Path, images: int = 20) -> type[CifarImages]:
    """A class that takes for the full set the archive, `images` a member, that this writes in the real format."""
    files = kind.archive.files
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        # Out of order, and among others, as an archive may have them.
        for number, name in enumerate(reversed(("readme.html", *files.train, *files.test))):
            content = cifar_records(images, files.label_bytes, len(kind.classes), number)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    content = buffer.getvalue()
    known = replace(files, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    fill(kind.archive.folder(data_dir), {files.name: content})
    found = replace(kind.archive, files=known, share="none")
    return cast("type[CifarImages]", type(f"Small{kind.__name__}", (kind,), {"archive": found}))


def cifar_records(images: int, label_bytes: int, classes: int, seed: int) -> bytes:
    """Noise, with labels that count from `seed`; a coarse label, if there is one, is 255."""
    noise = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (images, 3072), generator=noise, dtype=torch.uint8)
    labels = ((torch.arange(images) + seed) % classes).to(torch.uint8).unsqueeze(1)
    coarse = torch.full((images, label_bytes - 1), 255, dtype=torch.uint8)
    return torch.cat([coarse, labels, pixels], dim=1).numpy().tobytes()


def write_images(directory: Path, part: str, count: int = 15, classes: tuple[str, ...] = ("cat", "dog", "fox")) -> None:
    """Write PNG files of noise, no two of a size, `count` a class."""
    for place, name in enumerate(classes):
        (directory / part / name).mkdir(parents=True)
        for index in range(count):
            noise = generator(part, place, index)
            image = torch.randint(256, (3, 9 + index, 12 + place), generator=noise, dtype=torch.uint8)
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(directory / part / name / f"{index}.png")


def options(settings: dict[str, Any], **usual: Any) -> dict[str, Any]:
    return usual | settings


def mnist(directory: Path, settings: dict[str, Any]) -> ImageDataModule:
    archive = replace(MNIST.archive, files=SUBSET.files, share="none")
    if not archive.folder(directory).exists():
        fill(archive.folder(directory), small_contents())
    small: Any = type("SmallMNIST", (MNIST,), {"archive": archive, "mean": (0.286,), "std": (0.353,)})
    return cast("ImageDataModule", small(directory, **settings))


def folder(directory: Path, settings: dict[str, Any]) -> ImageDataModule:
    if not directory.joinpath("test").exists():
        write_images(directory, "train")
        write_images(directory, "test")
    return ImageFolder(directory, num_classes=3, height=16, width=20, **options(settings, num_workers=0))


def dataset(_: Path, settings: dict[str, Any]) -> ImageDataModule:
    usual = options(settings, mean=(0.5,) * 3, std=(0.29,) * 3, num_workers=0)
    return DatasetDataModule(pairs(60), pairs(20, seed=1), num_classes=5, num_channels=3, height=8, width=8, **usual)


MAKERS: dict[str, Callable[[Path, dict[str, Any]], ImageDataModule]] = {
    "fashion_mnist": lambda _, settings: FashionMNIST(source="bundled", **settings),
    "fashion_mnist_augmented": lambda _, settings: FashionMNIST(source="bundled", **settings),
    "mnist": mnist,
    "cifar10": lambda directory, settings: small_cifar(CIFAR10, directory)(directory, **settings),
    "cifar100": lambda directory, settings: small_cifar(CIFAR100, directory)(directory, **settings),
    "fake": lambda _, settings: FakeImages(**options(settings, size=120, height=8, width=8)),
    "image_folder": folder,
    "datasets": dataset,
    "fashion_attributes": lambda _, settings: FashionAttributes(source="bundled", **settings),
    "footwear": lambda _, settings: Footwear(source="bundled", **settings),
    "rotated_fashion_mnist": lambda _, settings: RotatedFashionMNIST(source="bundled", **settings),
}


def made(option: str, directory: Path, **settings: Any) -> ImageDataModule:
    """The datamodule of that option, ready for every stage."""
    data = MAKERS[option](directory, settings)
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    return data
