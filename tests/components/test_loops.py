"""What sets the loops apart: mixing, the unit of the data, reconstruction; and what all of them do."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from clusters import adam, trainer
from lightning import Callback, LightningModule, Trainer, seed_everything
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.regression import MeanAbsoluteError
from torchvision.transforms.v2 import CutMix, MixUp

from project.loop import AutoencoderLoop, RegressionLoop, SupervisedLoop
from project.loss import AbsoluteError, Focal, SquaredError
from project.model import MLP
from project.scheduler import Constant

# N = 24 images of (1, 4, 4) with K = 3 labels or T = 1 number, in batches of 8

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
]

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(24, 1, 4, 4, generator=GENERATOR)
LABELS = torch.randint(3, (24,), generator=GENERATOR)
NUMBERS = 1000.0 + 50.0 * IMAGES.flatten(1)[:, :1]


def batches(*tensors: Tensor) -> DataLoader[tuple[Tensor, ...]]:
    return DataLoader(TensorDataset(*tensors), batch_size=8)


class Seen(nn.Module):
    """Cross entropy that remembers what it was given."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        self.prediction, self.target = prediction.detach(), target
        return cross_entropy(prediction, target)


def supervised(**settings: Any) -> SupervisedLoop:
    defaults: dict[str, Any] = {
        "model": MLP(16, 3),
        "loss": cross_entropy,
        "optimizer": adam,
        "scheduler": Constant(),
        "metrics": {"accuracy": MulticlassAccuracy(3, average="micro")},
    }
    return SupervisedLoop(**defaults | settings)


def regression(loss: nn.Module, mean: float = 1025.0, std: float = 15.0, **settings: Any) -> RegressionLoop:
    metrics: dict[str, Metric] = {"mae": MeanAbsoluteError()}
    return RegressionLoop(MLP(16, 1), loss, settings.get("optimizer", adam), Constant(), metrics, mean, std)


def autoencoder(output_dim: int = 16) -> AutoencoderLoop:
    metrics: dict[str, Metric] = {"mae": MeanAbsoluteError()}
    return AutoencoderLoop(MLP(16, output_dim), SquaredError(), adam, Constant(), metrics)


@pytest.mark.parametrize("mix", [MixUp(num_classes=3), CutMix(num_classes=3)], ids=["mixup", "cutmix"])
def test_mixing_changes_what_the_loss_sees_and_not_what_the_metrics_see(mix: nn.Module) -> None:
    loss = Seen()
    loop = supervised(loss=loss, mix=mix)
    seed_everything(0, verbose=False)
    step = loop.step((IMAGES, LABELS))
    seed_everything(0, verbose=False)
    mixed, target = mix(IMAGES, LABELS)
    assert target.shape == (24, 3)
    torch.testing.assert_close(loss.target, target)
    torch.testing.assert_close(step.prediction, loop(mixed))
    assert step.target is LABELS


def test_nothing_is_mixed_outside_of_training() -> None:
    loss = Seen()
    loop = supervised(loss=loss, mix=MixUp(num_classes=3)).eval()
    torch.testing.assert_close(loop.step((IMAGES, LABELS)).prediction, loop(IMAGES))
    assert loss.target is LABELS


@pytest.mark.parametrize("loss", [Focal(), nn.CrossEntropyLoss(label_smoothing=0.1)], ids=["focal", "smooth"])
def test_a_mixed_batch_is_trained_and_a_plain_one_validated(tmp_path: Path, loss: nn.Module) -> None:
    loop, run = supervised(loss=loss, mix=CutMix(num_classes=3)), trainer(tmp_path)
    run.fit(loop, batches(IMAGES, LABELS), batches(IMAGES, LABELS))
    assert {"train/accuracy", "val/accuracy"} <= set(run.callback_metrics)
    torch.testing.assert_close(run.callback_metrics["val/loss"], loss(loop(IMAGES), LABELS).detach())


def test_a_regression_is_learned_standardised_and_measured_in_the_unit_of_the_data(tmp_path: Path) -> None:
    loop, run = regression(AbsoluteError()), trainer(tmp_path, max_epochs=40)
    run.fit(loop, batches(IMAGES, NUMBERS), batches(IMAGES, NUMBERS))
    logged = dict(run.callback_metrics)
    assert logged["val/mae"] == pytest.approx(15.0 * logged["val/loss"].item(), rel=1e-4)
    assert logged["val/mae"] < 10.0
    predictions = torch.cat(cast("list[Tensor]", run.predict(loop, batches(IMAGES, NUMBERS))))
    assert (predictions - NUMBERS).abs().mean().item() == pytest.approx(logged["val/mae"].item(), rel=1e-4)


def test_the_unit_of_the_data_makes_no_difference_to_training(tmp_path: Path) -> None:
    outputs: list[Tensor] = []
    for factor in (1.0, 1000.0):
        seed_everything(0, verbose=False)
        loop = regression(SquaredError(), 1025.0 * factor, 15.0 * factor, optimizer=partial(SGD, lr=0.1))
        trainer(tmp_path).fit(loop, batches(IMAGES, NUMBERS * factor))
        outputs.append(loop(IMAGES) / factor)
    torch.testing.assert_close(*outputs)


def test_predictions_of_half_precision_are_scaled_in_full() -> None:
    loop = regression(SquaredError(), mean=1000.0, std=1.0).bfloat16()
    prediction = loop(IMAGES.bfloat16())
    assert prediction.dtype == torch.float32
    torch.testing.assert_close(prediction - 1000.0, loop.model(IMAGES.bfloat16()).float(), atol=1e-4, rtol=0.0)


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan")])
def test_targets_without_spread_are_refused(std: float) -> None:
    with pytest.raises(ValueError, match=r"target_std=.*must be above 0"):
        regression(SquaredError(), std=std)


@pytest.mark.parametrize("tensors", [(IMAGES, LABELS), (IMAGES,)], ids=["labelled", "bare"])
def test_an_autoencoder_learns_its_inputs_and_gives_them_back(tmp_path: Path, tensors: tuple[Tensor, ...]) -> None:
    loop, run = autoencoder(), trainer(tmp_path, max_epochs=20)
    (before,) = run.validate(loop, batches(*tensors), verbose=False)
    run.fit(loop, batches(*tensors), batches(*tensors))
    after = run.callback_metrics["val/mae"]
    assert after < 0.8 * before["val/mae"]
    reconstructions = torch.cat(cast("list[Tensor]", run.predict(loop, batches(*tensors))))
    assert reconstructions.shape == IMAGES.shape
    torch.testing.assert_close((reconstructions - IMAGES).abs().mean(), after)


def test_a_model_that_gives_back_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(24, 1, 4, 4\) into \(24, 3\).*set model.output_dim"):
        autoencoder(output_dim=3)(IMAGES)


class Onlooker(Callback):
    """Keeps what the steps return."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: object,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self.outputs.append(outputs)

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: object,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self.outputs.append(outputs)


@pytest.mark.parametrize("loop", [supervised(), regression(SquaredError()), autoencoder()])
def test_callbacks_are_shown_the_predictions(tmp_path: Path, loop: LightningModule) -> None:
    target = NUMBERS if isinstance(loop, RegressionLoop) else LABELS
    onlooker = Onlooker()
    run = trainer(tmp_path, callbacks=[onlooker])
    run.validate(loop, batches(IMAGES, target), verbose=False)
    run.test(loop, batches(IMAGES, target), verbose=False)
    with torch.no_grad():
        torch.testing.assert_close(
            torch.cat(onlooker.outputs), loop(IMAGES).repeat(2, *[1] * (onlooker.outputs[0].ndim - 1))
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"gradient_clip_val": 1.0, "accumulate_grad_batches": 2},
        {"precision": "bf16-mixed"},
        {"precision": "bf16-true"},
        {"overfit_batches": 1, "detect_anomaly": True, "profiler": "simple"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "loop", [lambda: supervised(mix=MixUp(num_classes=3)), autoencoder, partial(regression, SquaredError())]
)
def test_the_trainers_settings_suit_every_loop(tmp_path: Path, loop: Any, settings: dict[str, Any]) -> None:
    built, run = loop(), trainer(tmp_path, **settings)
    target = NUMBERS if isinstance(built, RegressionLoop) else LABELS
    run.fit(built, batches(IMAGES, target), batches(IMAGES, target))
    assert run.callback_metrics["val/loss"].isfinite()
