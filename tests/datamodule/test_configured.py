"""Datamodules out of the catalogue: what other parts refer to, and transforms as configs inside configs."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from every_datamodule import OPTIONS
from hydra import compose, initialize
from torch import nn
from torchvision.transforms import v2

import configs
from project.config import ConfigError, build, check, conf
from project.datamodule import FashionMNIST, ImageDataModule, RandomCrop


@pytest.fixture(scope="module", autouse=True)
def _hydra() -> Iterator[None]:
    with initialize(version_base=None, config_path=None):
        yield


def composed(*overrides: str) -> Any:
    return compose("config", overrides=["output_dir=outputs", "model=mlp", *overrides])


@pytest.mark.parametrize("option", OPTIONS)
def test_what_a_model_refers_to_is_what_the_datamodule_has(option: str) -> None:
    config = composed(f"datamodule={option}")
    data: ImageDataModule = build(config.datamodule)
    assert (config.model.input_dim, config.model.output_dim) == (data.input_dim, data.output_dim)
    images, _ = data.example_batch(2)
    assert images[0].numel() == data.input_dim


def test_a_reference_to_a_derived_fact_follows_the_parameters() -> None:
    config = composed("datamodule=image_folder", "datamodule.height=7", "datamodule.num_classes=3")
    assert (config.model.input_dim, config.model.output_dim) == (3 * 7 * 32, 3)
    assert composed("datamodule=datasets", "datamodule.task=binary").model.output_dim == 1


TRANSFORMED = conf(FashionMNIST)(
    source="bundled",
    transform=conf(v2.Compose)([conf(v2.RandomHorizontalFlip)(p=1.0), conf(v2.RandomInvert)(p=1.0)]),
    eval_transform=conf(v2.RandomInvert)(p=1.0),
    augment=conf(nn.Sequential)(conf(RandomCrop)(padding=2)),
)


def test_transforms_are_configs_inside_the_config() -> None:
    data = build(TRANSFORMED)
    image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    assert data.transform is not None
    assert data.transform(image).min() == 255
    assert isinstance(data.augment, nn.Sequential)


def test_the_augmentation_of_an_option_is_tuned_and_left_out_by_its_path() -> None:
    config = composed("datamodule=cifar10", "datamodule.augment._args_.0.padding=2")
    check(config)
    augment: Any = build(config.datamodule).augment
    assert augment[0].padding == 2
    without = composed("datamodule=cifar10", "datamodule.augment=null")
    check(without)
    assert build(without.datamodule).augment is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("datamodule.augment=crop", r"datamodule\.augment: 'crop' is no"),
        ("datamodule.augment._args_.0.padding=0", "0 is out of bounds"),
        ("datamodule.augment._args_.1.p=2.0", "2.0 is out of bounds"),
    ],
)
def test_an_augmentation_that_cannot_be_is_refused_before_the_run(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check(composed("datamodule=cifar10", override))


def test_the_catalogue_has_a_datamodule_for_every_task() -> None:
    tasks = {build(composed(f"datamodule={option}").datamodule).task for option in configs.datamodule.options}
    assert tasks == {"multiclass", "binary", "multilabel", "regression"}
