"""What is right passes: a false alarm is a bug."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

import pytest
import torch
from flights import images, supervised
from hydra import compose
from lightning import LightningModule
from option_rows import TASKS, Row, alone, small_data
from torch import Tensor, nn
from torch.optim import (
    ASGD,
    LBFGS,
    SGD,
    Adadelta,
    Adagrad,
    Adamax,
    AdamW,
    Muon,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
)
from torchvision import models

import configs
from project.config import build
from project.config.hydras import composing
from project.model import MLP
from project.preflight import Report, preflight
from project.scheduler import Constant

ALL_LOGGED = {
    "train": {"train/loss_step", "train/loss", "train/accuracy", "train/f1"},
    "val": {"val/loss", "val/accuracy", "val/f1"},
}


def clean(report: Report) -> bool:
    """Whether all was checked and nothing found."""
    assert report.problems == ()
    assert report.unchecked == ()
    assert report.memory is not None
    return bool(report.flops)


@pytest.fixture(scope="module", autouse=True)
def _hydra() -> Iterator[None]:
    with composing():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with small_data(tmp_path_factory.mktemp("data")) as directory:
        yield directory


def rehearsed(*overrides: str) -> Report:
    config = compose("config", overrides=["output_dir=out", *overrides])
    return preflight(build(config.datamodule), build(config.loop))


@pytest.mark.parametrize("row", alone(TASKS), ids=str)
def test_every_option_of_the_catalogue(row: Row, data: Path) -> None:
    assert clean(rehearsed(*row.line(data)))


@pytest.mark.parametrize(
    ("optimizer", "scheduler"), list(product(configs.optimizer.options, configs.scheduler.options))
)
def test_every_optimizer_with_every_schedule(optimizer: str, scheduler: str) -> None:
    report = rehearsed("model=mlp", f"optimizer={optimizer}", f"scheduler={scheduler}")
    assert clean(report)
    assert {phase: set(names) for phase, names in report.logged.items()} == ALL_LOGGED


def small_vit(num_classes: int) -> nn.Module:
    return models.VisionTransformer(
        32, 8, num_layers=2, num_heads=4, hidden_dim=64, mlp_dim=128, dropout=0.1, num_classes=num_classes
    )


def small_swin(num_classes: int) -> nn.Module:
    return models.SwinTransformer([4, 4], 24, [2, 2], [3, 6], [4, 4], num_classes=num_classes)


@pytest.mark.parametrize("model", [small_vit, small_swin])
def test_small_transformers(model: Callable[[int], nn.Module]) -> None:
    assert clean(preflight(images(32, channels=3, batch_size=8), supervised(model(10))))


WITHOUT_EXTRAS = {"aux_logits": False, "init_weights": True}
ZOO: list[tuple[str, int, dict[str, bool]]] = [
    ("alexnet", 64, {}),
    ("convnext_tiny", 64, {}),
    ("densenet121", 64, {}),
    ("efficientnet_b0", 64, {}),
    ("efficientnet_v2_s", 64, {}),
    ("googlenet", 64, WITHOUT_EXTRAS),
    ("inception_v3", 299, WITHOUT_EXTRAS),
    ("maxvit_t", 224, {}),
    ("mnasnet0_5", 32, {}),
    ("mobilenet_v2", 32, {}),
    ("mobilenet_v3_small", 32, {}),
    ("mobilenet_v3_large", 64, {}),
    ("regnet_y_400mf", 32, {}),
    ("resnet50", 224, {}),
    ("resnext50_32x4d", 64, {}),
    ("shufflenet_v2_x1_0", 32, {}),
    ("swin_t", 64, {}),
    ("swin_v2_t", 64, {}),
    ("vgg16_bn", 64, {}),
    ("vit_b_16", 224, {}),
]


@pytest.mark.parametrize(
    ("model", "size", "settings"),
    [
        ("resnet18", 32, dict[str, bool]()),
        ("squeezenet1_1", 64, dict[str, bool]()),
        *(pytest.param(*entry, marks=pytest.mark.long) for entry in ZOO),
    ],
)
def test_models_of_torchvision(model: str, size: int, settings: dict[str, bool]) -> None:
    built = models.get_model(model, num_classes=10, **settings)
    assert clean(preflight(images(size, channels=3, batch_size=8), supervised(built)))


OPTIMIZERS = [SGD, ASGD, Adadelta, Adagrad, Adamax, AdamW, NAdam, RAdam, RMSprop, Rprop]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_optimizers_of_torch(optimizer: Callable[..., Optimizer]) -> None:
    assert clean(preflight(images(), supervised(MLP(784, 10), optimizer=partial(optimizer, lr=0.01))))


@pytest.mark.parametrize("settings", [{"fused": True}, {"foreach": True}, {"amsgrad": True}])
def test_variants_of_adam(settings: dict[str, Any]) -> None:
    assert clean(preflight(images(), supervised(MLP(784, 10), optimizer=partial(AdamW, **settings))))


def test_muon_takes_matrices() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10, bias=False))
    assert clean(preflight(images(), supervised(model, optimizer=Muon)))


@pytest.mark.parametrize("optimizer", [LBFGS, partial(AdamW, capturable=True)])
def test_an_optimizer_that_fakes_or_a_cpu_cannot_run_is_no_problem(optimizer: Callable[..., Optimizer]) -> None:
    report = preflight(images(), supervised(MLP(784, 10), optimizer=optimizer))
    assert report.problems == ()
    assert len(report.unchecked) == 1
    assert report.unchecked[0].startswith("optimizer (")


PRECISIONS = [None, 16, 32, 64, "32", "16-mixed", "bf16-mixed", "16-true", "bf16-true", "64-true"]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision(precision: str | int | None) -> None:
    assert clean(preflight(images(), supervised(MLP(784, 10)), precision=precision))
    convolutions = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.Flatten(), nn.Linear(2704, 10))
    assert clean(preflight(images(), supervised(convolutions), precision=precision))


def test_an_unknown_precision_is_said_to_be_unchecked() -> None:
    report = preflight(images(), supervised(MLP(784, 10)), precision="transformer-engine")
    assert report.problems == ()
    assert report.unchecked == ("precision=transformer-engine is not known here; checked as float32",)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.LSTM(28, 16, num_layers=2, dropout=0.1, batch_first=True)
        self.head = nn.Linear(16, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        states: Tensor = self.cells(inputs.squeeze(1))[0]
        logits: Tensor = self.head(states[:, -1])
        return logits


class Attentive(nn.Module):
    """With a constant that is no buffer, and a table made in every step."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(28, 4, dim_feedforward=32, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(28, 10)
        self.scale = torch.ones(28)

    def forward(self, inputs: Tensor) -> Tensor:
        rows = inputs.squeeze(1) * self.scale + torch.linspace(0, 1, 28)
        logits: Tensor = self.head(self.layers(rows).mean(1))
        return logits


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(784, 784), nn.Linear(784, 784), nn.Linear(784, 10)
        self.second.weight = self.first.weight

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.head(self.second(self.first(inputs.flatten(1))))
        return logits


def normalised() -> nn.Module:
    first: Any = nn.utils.parametrizations.weight_norm(nn.Linear(784, 32))
    second: Any = nn.utils.parametrizations.spectral_norm(nn.Linear(32, 10))
    return nn.Sequential(nn.Flatten(), first, nn.BatchNorm1d(32), second)


@pytest.mark.parametrize("model", [Recurrent, Attentive, Tied, normalised])
def test_models_of_other_makes(model: Callable[[], nn.Module]) -> None:
    assert clean(preflight(images(), supervised(model())))


@pytest.mark.filterwarnings("ignore:.*script_method.*is deprecated:DeprecationWarning")  # inside torch 2.13
def test_a_compiled_model_is_checked_without_compiling_it() -> None:
    compiled: Any = torch.compile(MLP(784, 10))
    assert clean(preflight(images(), supervised(compiled)))


def test_partly_frozen_models() -> None:
    model = MLP(784, 10)
    model.layers[1].requires_grad_(requires_grad=False)
    report = preflight(images(), supervised(model))
    assert clean(report)
    assert (report.parameters, report.trainable) == (784 * 256 + 256 + 2570, 2570)


def test_an_endless_run_with_a_schedule_that_allows_it() -> None:
    assert clean(preflight(images(), supervised(MLP(784, 10), scheduler=Constant()), total_steps=inf))


class Smoothed(nn.Module):
    """Regression with a target that the loss derives from the labels."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return nn.functional.mse_loss(prediction, nn.functional.one_hot(target, 10).float())


def likelihood(prediction: Tensor, target: Tensor) -> Tensor:
    return nn.functional.nll_loss(prediction.log_softmax(-1), target)


def binary(prediction: Tensor, target: Tensor) -> Tensor:
    return nn.functional.binary_cross_entropy(prediction.sigmoid(), nn.functional.one_hot(target, 10).float())


LOSSES: list[Callable[[Tensor, Tensor], Tensor]] = [
    Smoothed(),
    nn.MultiMarginLoss(),
    nn.CrossEntropyLoss(weight=torch.ones(10), label_smoothing=0.1),
    nn.functional.cross_entropy,
    likelihood,
    binary,
]


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    assert clean(preflight(images(), supervised(MLP(784, 10), loss=loss)))


def test_a_batch_with_fewer_examples_than_classes() -> None:
    assert clean(preflight(images(classes=10, batch_size=1), supervised(MLP(784, 10))))
    report = preflight(images(classes=1000, batch_size=4), supervised(MLP(784, 1000), metrics={}))
    assert clean(report)


def test_a_loop_without_validation() -> None:
    class TrainsOnly(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = MLP(784, 10)

        def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
            return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> Optimizer:
            return SGD(self.parameters(), lr=0.1)

    report = preflight(images(), TrainsOnly())
    assert clean(report)
    assert report.logged == {"train": frozenset()}
