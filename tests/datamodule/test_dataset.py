"""The datamodule over any datasets."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from every_datamodule import Pairs, pairs
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset
from torchvision.datasets import FakeData
from torchvision.transforms import v2

from project.datamodule import DatasetDataModule

BINARY = torch.arange(30) % 2


def datasets(train: Dataset[Any], test: Dataset[Any], val: Dataset[Any] | None = None, **facts: Any) -> Any:
    usual: dict[str, Any] = {"num_classes": 5, "num_channels": 3, "height": 8, "width": 8, "num_workers": 0}
    return DatasetDataModule(train, test, val, **usual | facts)


def first_batch(data: DatasetDataModule) -> tuple[Tensor, Tensor]:
    data.setup("fit")
    images, targets = next(iter(data.train_dataloader()))
    return images, targets


def test_images_of_pil_become_bytes() -> None:
    data = datasets(FakeData(20, (3, 8, 8), 5), FakeData(5, (3, 8, 8), 5))
    images, labels = first_batch(data)
    assert (images.dtype, images.shape[1:], labels.dtype) == (torch.uint8, (3, 8, 8), torch.int64)


def test_floats_are_taken_as_normalised() -> None:
    ready = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    data = datasets(*(FakeData(20, (3, 8, 8), 5, transform=ready) for _ in range(2)))
    images, labels = first_batch(data)
    treated, _ = data.on_after_batch_transfer((images, labels), 0)
    assert images.dtype == torch.float32
    assert torch.equal(treated, images)


def test_a_validation_set_of_its_own_is_used() -> None:
    data = datasets(pairs(20), pairs(5), pairs(6, seed=2))
    data.setup("fit")
    assert (len(data.train_dataloader().dataset), len(data.val_dataloader().dataset)) == (20, 6)


@pytest.mark.parametrize(
    ("task", "num_classes", "targets", "shape", "dtype"),
    [
        ("multiclass", 5, torch.arange(30) % 5, (2,), torch.int64),
        ("multiclass", 5, (torch.arange(30) % 5).to(torch.uint8), (2,), torch.int64),
        ("binary", 2, BINARY, (2, 1), torch.int64),
        ("binary", 2, BINARY.bool(), (2, 1), torch.int64),
        ("multilabel", 3, BINARY.unsqueeze(1).repeat(1, 3), (2, 3), torch.int64),
        ("regression", 0, torch.linspace(0, 1, 30), (2, 1), torch.float32),
        ("regression", 0, torch.linspace(0, 1, 30, dtype=torch.float64).unsqueeze(1), (2, 1), torch.float32),
    ],
)
def test_targets_are_those_of_the_task(
    task: str, num_classes: int, targets: Tensor, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    data = datasets(Pairs(targets), Pairs(targets), task=task, num_classes=num_classes, batch_size=2)
    _, real = first_batch(data)
    assert (tuple(real.shape), real.dtype) == (shape, dtype)
    _, declared = data.example_batch()
    assert (tuple(declared.shape), declared.dtype) == (shape, dtype)


@pytest.mark.parametrize(
    ("facts", "targets", "message"),
    [
        ({}, torch.arange(30) + 5, "first example of train has labels from 5 to 5, not in 0 .. 4"),
        ({}, torch.linspace(0, 1, 30), "train has targets of torch.float32, not torch.int64"),
        ({"task": "binary", "num_classes": 2}, BINARY + 2, "labels from 2 to 2, not in 0 .. 1"),
        ({"task": "multilabel", "num_classes": 3}, BINARY, r"train has targets of \(\) where 3 numbers belong"),
        ({"task": "regression", "num_classes": 0}, torch.full((30,), torch.nan), "targets that are not finite"),
    ],
)
def test_targets_that_the_task_does_not_have_are_refused(facts: dict[str, Any], targets: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        first_batch(datasets(Pairs(targets), Pairs(targets), **facts))


@pytest.mark.parametrize(("task", "count"), [("binary", 2), ("regression", 0)])
def test_a_number_of_classes_that_the_task_does_not_have_is_refused(task: str, count: int) -> None:
    with pytest.raises(ValueError, match=f"a {task} task has {count} classes, not 5"):
        datasets(pairs(20), pairs(5), task=task)


def test_images_of_another_size_are_refused() -> None:
    data = datasets(Pairs(BINARY, (3, 9, 8)), pairs(5))
    message = r"an image is \(3, 9, 8\) torch\.uint8 after its transform, and must be \(3, 8, 8\) uint8"
    with pytest.raises(ValueError, match=message):
        first_batch(data)


def test_bytes_to_train_on_and_floats_to_test_on_are_refused() -> None:
    ready = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    data = datasets(FakeData(20, (3, 8, 8), 5), FakeData(20, (3, 8, 8), 5, transform=ready))
    with pytest.raises(ValueError, match=r"test has images of torch\.float32 and train of torch\.uint8; bytes are"):
        data.setup("test")


class Stream(IterableDataset[int]):
    """Has no length."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(3))


def test_a_dataset_without_a_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"train \(Stream\) has no length; give a map-style dataset"):
        datasets(Stream(), pairs(5))


def test_a_val_size_beside_a_validation_set_is_refused() -> None:
    with pytest.raises(ValueError, match="val_size=3 has no effect beside val; leave one out"):
        datasets(pairs(20), pairs(5), pairs(6), val_size=3)
