"""The average of the weights: which weights are validated, saved, tested and trained."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from clusters import adam, loader, trainer
from lightning import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchmetrics.classification import MulticlassAccuracy

from project.callbacks import EMA
from project.loop import SupervisedLoop
from project.scheduler import Constant

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
]

Weights = Mapping[str, Tensor]


class Watch(Callback):
    """Keeps the weights of every training step and of the first batch of each evaluation."""

    def __init__(self) -> None:
        self.trained: list[Weights] = []
        self.evaluated: list[Weights] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        self.trained.append(deepcopy(pl_module.state_dict()))

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: object, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        self.evaluated.append(deepcopy(pl_module.state_dict()))

    def on_test_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: object, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        self.evaluated.append(deepcopy(pl_module.state_dict()))


def loop() -> SupervisedLoop:
    seed_everything(0, verbose=False)
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    return SupervisedLoop(model, cross_entropy, adam, Constant(), {"accuracy": MulticlassAccuracy(3)})


def run(path: Path, *callbacks: Callback, **settings: Any) -> Trainer:
    saves = any(isinstance(each, ModelCheckpoint) for each in callbacks)
    defaults: dict[str, Any] = {"limit_val_batches": 1, "num_sanity_val_steps": 0, "enable_checkpointing": saves}
    return trainer(path, callbacks=list(callbacks), **defaults | settings)


def averaged(trained: list[Weights], decay: float) -> Weights:
    average = dict(trained[0])
    for step, weights in enumerate(trained[1:], start=1):
        kept = min(decay, (1 + step) / (10 + step))
        for name, value in weights.items():
            average[name] = kept * average[name] + (1 - kept) * value if value.is_floating_point() else value
    return average


def test_the_average_is_validated_saved_and_tested(tmp_path: Path) -> None:
    watch, best = Watch(), ModelCheckpoint(tmp_path / "saved", monitor="val/loss", filename="best")
    built = loop()
    fitted = run(tmp_path, watch, EMA(decay=0.2), best, max_epochs=2)
    fitted.fit(built, loader(0), loader(1))
    first, second = (averaged(watch.trained[:steps], 0.2) for steps in (4, 8))
    torch.testing.assert_close(dict(watch.evaluated[0]), dict(first))
    torch.testing.assert_close(dict(watch.evaluated[1]), dict(second))
    saved = torch.load(tmp_path / "saved" / "best.ckpt", weights_only=True)["state_dict"]
    torch.testing.assert_close(saved, dict(watch.evaluated[-1]))
    torch.testing.assert_close(dict(built.state_dict()), saved)
    (tested,) = fitted.test(built, loader(1), ckpt_path="best", verbose=False)
    torch.testing.assert_close(dict(watch.evaluated[2]), saved)
    assert tested["test/loss"] < float("inf")


@pytest.mark.parametrize(("precision", "dtype"), [("64-true", torch.float64), ("bf16-true", torch.bfloat16)])
def test_weights_of_any_precision_are_averaged_in_no_less(tmp_path: Path, precision: str, dtype: torch.dtype) -> None:
    watch = Watch()
    run(tmp_path, watch, EMA(decay=0.2), max_epochs=2, precision=precision).fit(loop(), loader(0), loader(1))
    trained: list[Weights] = [
        {name: value.double() if value.is_floating_point() else value for name, value in weights.items()}
        for weights in watch.trained
    ]
    average, evaluated = averaged(trained, 0.2), watch.evaluated[1]
    assert evaluated["model.0.weight"].dtype == dtype
    for name, value in evaluated.items():
        torch.testing.assert_close(value, average[name].to(value.dtype))


def test_what_is_validated_after_the_training_is_the_checkpoint_given(tmp_path: Path) -> None:
    watch, each = Watch(), ModelCheckpoint(tmp_path / "saved", filename="{epoch}", save_top_k=-1)
    built = loop()
    fitted = run(tmp_path, watch, EMA(), each, max_epochs=2)
    fitted.fit(built, loader(0), loader(1))
    first = tmp_path / "saved" / "epoch=0.ckpt"
    fitted.validate(built, loader(1), ckpt_path=first, verbose=False)
    saved = torch.load(first, weights_only=True)["state_dict"]
    torch.testing.assert_close(dict(watch.evaluated[-1]), saved)


@pytest.mark.filterwarnings("ignore:.*callbacks used to create the checkpoint")  # the resumed run saves nothing
def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    straight, stopped, resumed = loop(), loop(), loop()
    run(tmp_path, EMA(), max_epochs=3).fit(straight, loader(0), loader(1))
    saves, last = ModelCheckpoint(tmp_path / "saved", save_last=True), tmp_path / "saved" / "last.ckpt"
    run(tmp_path, EMA(), saves, max_epochs=1).fit(stopped, loader(0), loader(1))
    run(tmp_path, EMA(), max_epochs=3).fit(resumed, loader(0), loader(1), ckpt_path=last)
    torch.testing.assert_close(dict(resumed.state_dict()), dict(straight.state_dict()))


class Indexed(nn.Module):
    """A layer with a table of indices."""

    table: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 3)
        self.register_buffer("table", torch.arange(1000))

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.layer(inputs)
        return logits


def test_a_table_of_indices_is_not_averaged(tmp_path: Path) -> None:
    built = SupervisedLoop(Indexed(), cross_entropy, adam, Constant(), {})
    run(tmp_path, EMA(decay=0.9), max_epochs=3).fit(built, loader(0), loader(1))
    torch.testing.assert_close(built.state_dict()["model.table"], torch.arange(1000))


@pytest.mark.parametrize("decay", [-0.1, 1.1, float("nan")])
def test_a_decay_that_is_no_fraction_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match="must be a fraction"):
        EMA(decay=decay)
