"""CIFAR from archives in the real format."""

from pathlib import Path

import pytest
import torch
from every_datamodule import cifar_records, small_cifar

from project.datamodule import CIFAR10, CIFAR100, CorruptDataWarning
from project.datamodule.cifar import CifarImages
from project.datamodule.download import mirrors

KINDS = pytest.mark.parametrize("kind", [CIFAR10, CIFAR100])


@KINDS
def test_images_and_labels_are_those_of_the_records(kind: type[CifarImages], tmp_path: Path) -> None:
    data = small_cifar(kind, tmp_path)(tmp_path)
    images, labels = data.load(train=False)
    record = cifar_records(20, kind.archive.files.label_bytes, len(kind.classes), seed=0)[: 2 + 3072]
    start = kind.archive.files.label_bytes
    assert images.shape == (20, 3, 32, 32)
    assert labels.numpy().tolist() == [number % len(kind.classes) for number in range(20)]
    assert images[0].flatten().numpy().tolist() == list(record[start : start + 3072])
    assert images.is_contiguous()


def test_the_training_members_are_in_their_order(tmp_path: Path) -> None:
    _, labels = small_cifar(CIFAR10, tmp_path)(tmp_path).load(train=True)
    # The archive holds them the other way round, the first one with the highest seed.
    assert labels.view(5, 20)[:, 0].numpy().tolist() == [5, 4, 3, 2, 1]


@KINDS
def test_no_class_is_named_twice(kind: type[CifarImages]) -> None:
    assert len(set(kind.classes)) == len(kind.classes) == (10 if kind is CIFAR10 else 100)
    assert sorted(kind.classes) == list(kind.classes)


@KINDS
def test_the_archive_is_looked_for_where_torchvision_has_its_own(kind: type[CifarImages]) -> None:
    assert mirrors(kind.archive.name) == ["https://www.cs.toronto.edu/~kriz/"]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: str) -> list[str]:
        return ["http://127.0.0.1:9/"]

    monkeypatch.setattr("project.datamodule.download.mirrors", nowhere)


@pytest.mark.usefixtures("offline")
def test_a_missing_archive_is_an_error_that_names_every_place(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        CIFAR10(tmp_path).prepare_data()
    text = str(caught.value)
    assert text.startswith(f"CIFAR10: the full dataset was not found. Looked in:\n  {tmp_path}/CIFAR10/raw (data_dir)")
    assert "$CIFAR10_DIR: not set" in text
    assert "http://127.0.0.1:9/cifar-10-binary.tar.gz: <urlopen error" in text
    assert text.endswith(
        f"Put cifar-10-binary.tar.gz into {tmp_path}/CIFAR10/raw, or name their directory in the environment variable"
        " CIFAR10_DIR."
    )


@pytest.mark.usefixtures("offline")
def test_an_archive_that_is_another_is_never_opened(tmp_path: Path) -> None:
    kind = small_cifar(CIFAR10, tmp_path)
    path = kind.archive.folder(tmp_path) / "cifar-10-binary.tar.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with (
        pytest.warns(CorruptDataWarning, match="cifar-10-binary.tar.gz is corrupt: it has the sha256"),
        pytest.raises(FileNotFoundError, match="is corrupt"),
    ):
        kind(tmp_path).load(train=True)


def test_the_archive_is_found_in_a_directory_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = small_cifar(CIFAR100, tmp_path)
    monkeypatch.setenv("CIFAR100_DIR", str(kind.archive.folder(tmp_path)))
    data = kind(tmp_path / "elsewhere")
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    assert data.source_used == f"full: {tmp_path}/CIFAR100/raw"
    assert torch.cat([labels for _, labels in data.test_dataloader()]).numpy().tolist() == list(range(20))
