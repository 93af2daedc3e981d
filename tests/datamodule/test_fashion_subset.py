"""The bundled subset of Fashion-MNIST: what it holds, and that it can be made again."""

import gzip
import runpy
import sys
import zlib
from pathlib import Path

import pytest
import torch
from image_places import NAMES, fill, full_contents

from project.datamodule import FashionMNIST
from project.datamodule.fashion_mnist import ARCHIVE, SUBSET
from project.datamodule.idx import IdxFile
from project.datamodule.published import CorruptFileError
from project.datamodule.supply import Bundle


@pytest.mark.parametrize(("train", "per_class"), [(True, 600), (False, 100)])
def test_every_class_has_as_many_images(train: bool, per_class: int) -> None:
    _, labels = FashionMNIST(source="bundled").load(train)
    assert torch.equal(torch.bincount(labels), torch.full((10,), per_class))


def test_its_files_are_small() -> None:
    assert sum(file.stat().st_size for file in SUBSET.directory.glob("*.gz")) < 4_000_000


def test_its_licence_lies_beside_it() -> None:
    text = (SUBSET.directory / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("The MIT License (MIT) Copyright © 2017 Zalando SE, https://tech.zalando.com")


def test_its_images_are_images_of_the_full_set_with_their_labels() -> None:
    full, subset = full_contents(), SUBSET.read()
    assert pairs(subset, SUBSET.files.train_images, SUBSET.files.train_labels) <= pairs(
        full, ARCHIVE.files.train_images, ARCHIVE.files.train_labels
    )
    assert pairs(subset, SUBSET.files.test_images, SUBSET.files.test_labels) <= pairs(
        full, ARCHIVE.files.test_images, ARCHIVE.files.test_labels
    )


def pairs(contents: dict[str, bytes], images: IdxFile, labels: IdxFile) -> set[tuple[bytes, int]]:
    rows = images.tensor(contents[images.name]).flatten(1).numpy()
    return {(row.tobytes(), int(label)) for row, label in zip(rows, labels.tensor(contents[labels.name]), strict=True)}


def test_damage_in_the_installation_is_named(tmp_path: Path) -> None:
    damaged = fill(tmp_path / "damaged", dict.fromkeys(NAMES, b"half"), gzipped=True)
    with pytest.raises(CorruptFileError, match=f"{NAMES[0]}.gz is corrupt: it holds 4 bytes"):
        Bundle(damaged, SUBSET.files).read()


def test_making_it_again_gives_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full_contents()
    monkeypatch.setattr(sys, "argv", ["make.py", str(tmp_path)])
    runpy.run_path(str(SUBSET.directory / "make.py"), run_name="__main__")
    for name in NAMES:
        made, kept = (directory / f"{name}.gz" for directory in (tmp_path, SUBSET.directory))
        assert gzip.decompress(made.read_bytes()) == gzip.decompress(kept.read_bytes())
        # Another zlib may compress the same content in another way.
        if zlib.ZLIB_RUNTIME_VERSION.startswith("1.2."):
            assert made.read_bytes() == kept.read_bytes()
