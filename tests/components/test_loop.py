"""The loop, in real Trainers on small clusters of points."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import cos, pi
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from clusters import Loader, adam, clusters, loader, trainer
from lightning import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, IterableDataset
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix

from project.loop import Schedule, SupervisedLoop
from project.model import MLP
from project.scheduler import Constant, Cosine, PerEpoch, Plateau

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),  # Lightning 2.6 on torch 2.14
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),  # some tests are about training alone
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),  # 60 examples in memory need none
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),  # a few steps are a whole run here
]

CONSTANT = Constant()


def supervised(
    *,
    model: nn.Module | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    optimizer: Callable[[Iterable[Parameter]], Optimizer] = adam,
    scheduler: Schedule = CONSTANT,
    metrics: Mapping[str, Metric] | None = None,
) -> SupervisedLoop:
    seed_everything(0, verbose=False)
    accuracy = {"accuracy": MulticlassAccuracy(3, average="micro")}
    return SupervisedLoop(model or MLP(8, 3, hidden_dim=16), loss, optimizer, scheduler, metrics or accuracy)


def by_hand(loop: SupervisedLoop, seed: int) -> dict[str, Tensor]:
    inputs, target = clusters(seed).tensors
    with torch.no_grad():
        prediction = loop(inputs)
    accuracy = (prediction.argmax(1) == target).float().mean()
    return {"accuracy": accuracy, "loss": cross_entropy(prediction, target)}


class Rates(Callback):
    """Remembers the learning rate of every training step."""

    def __init__(self) -> None:
        self.used: list[float] = []

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: object, batch_idx: int) -> None:
        self.used.append(trainer.optimizers[0].param_groups[0]["lr"])


def test_training_learns(tmp_path: Path) -> None:
    loop, run = supervised(), trainer(tmp_path, max_epochs=15)
    run.fit(loop, loader(0, shuffle=True), loader(1))
    assert run.callback_metrics["val/accuracy"] > 0.8


def test_each_phase_logs_its_loss_and_its_metrics(tmp_path: Path) -> None:
    loop, run = supervised(), trainer(tmp_path, log_every_n_steps=1)
    run.fit(loop, loader(0), loader(1))
    fitted = {"train/loss_step", "train/loss", "train/accuracy", "val/loss", "val/accuracy"}
    assert set(run.callback_metrics) == fitted
    run.validate(loop, loader(1), verbose=False)
    assert set(run.callback_metrics) == {"val/loss", "val/accuracy"}
    run.test(loop, loader(2), verbose=False)
    assert set(run.callback_metrics) == {"test/loss", "test/accuracy"}


def test_values_are_those_of_the_whole_set_at_once(tmp_path: Path) -> None:
    loop, run = supervised(), trainer(tmp_path)
    run.fit(loop, loader(0), loader(1))
    validated = {name: run.callback_metrics[f"val/{name}"] for name in ("accuracy", "loss")}
    torch.testing.assert_close(validated, by_hand(loop, 1))
    (tested,) = run.test(loop, loader(2), verbose=False)
    assert tested == pytest.approx({f"test/{name}": value.item() for name, value in by_hand(loop, 2).items()})


def test_neither_validation_nor_the_sanity_check_changes_what_training_measures(tmp_path: Path) -> None:
    loop = supervised(optimizer=partial(SGD, lr=0.0))
    run = trainer(tmp_path, max_epochs=2, num_sanity_val_steps=2, val_check_interval=0.5)
    run.fit(loop, loader(0), loader(1))
    for phase, seed in (("train", 0), ("val", 1)):
        measured = {name: run.callback_metrics[f"{phase}/{name}"] for name in ("accuracy", "loss")}
        torch.testing.assert_close(measured, by_hand(loop, seed))


def test_training_anew_forgets_what_was_measured_before(tmp_path: Path) -> None:
    loop = supervised(optimizer=partial(SGD, lr=0.0))
    for seed in (0, 1):
        run = trainer(tmp_path)
        run.fit(loop, loader(seed))
        measured = {name: run.callback_metrics[f"train/{name}"] for name in ("accuracy", "loss")}
        torch.testing.assert_close(measured, by_hand(loop, seed))


def test_the_loss_of_a_step_is_logged_every_n_steps(tmp_path: Path) -> None:
    logger = CSVLogger(tmp_path)
    trainer(tmp_path, max_epochs=3, logger=logger, log_every_n_steps=5).fit(supervised(), loader(0))
    with (Path(logger.log_dir) / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows if row["train/loss_step"]] == [4, 9]
    assert [int(row["step"]) for row in rows if row["train/loss"]] == [3, 7, 11]


def test_logging_of_steps_can_be_switched_off(tmp_path: Path) -> None:
    run = trainer(tmp_path, log_every_n_steps=0)
    run.fit(supervised(), loader(0))
    assert set(run.callback_metrics) == {"train/loss", "train/accuracy"}


def test_every_validation_set_has_names_of_its_own(tmp_path: Path) -> None:
    loop = supervised(optimizer=partial(SGD, lr=0.0))
    best = ModelCheckpoint(tmp_path, monitor="val/accuracy/dataloader_idx_1", mode="max")
    run = trainer(tmp_path, enable_checkpointing=True, callbacks=[best])
    run.fit(loop, loader(0), [loader(1), loader(2)])
    for suffix, seed in (("", 1), ("/dataloader_idx_1", 2)):
        measured = {name: run.callback_metrics[f"val/{name}{suffix}"] for name in ("accuracy", "loss")}
        torch.testing.assert_close(measured, by_hand(loop, seed))
    assert best.best_model_score == run.callback_metrics["val/accuracy/dataloader_idx_1"]


def test_the_best_checkpoint_is_tested(tmp_path: Path) -> None:
    loop = supervised()
    best = ModelCheckpoint(tmp_path, monitor="val/loss")
    run = trainer(tmp_path, max_epochs=3, enable_checkpointing=True, callbacks=[best])
    run.fit(loop, loader(0), loader(1))
    for parameter in loop.parameters():
        nn.init.zeros_(parameter)
    (tested,) = run.test(loop, loader(1), ckpt_path="best", verbose=False)
    assert best.best_model_score is not None
    assert tested["test/loss"] == pytest.approx(best.best_model_score.item())


@pytest.mark.parametrize("monitor", ["val/loss", "train/loss"])
def test_a_run_stops_early_once_nothing_improves(tmp_path: Path, monitor: str) -> None:
    run = trainer(tmp_path, max_epochs=-1, callbacks=[EarlyStopping(monitor, patience=2)])
    run.fit(supervised(optimizer=partial(SGD, lr=0.0)), loader(0), loader(1))
    assert run.current_epoch == 3


def test_a_checkpoint_holds_tensors_and_primitives_and_nothing_of_the_metrics(tmp_path: Path) -> None:
    loop, run = supervised(scheduler=Cosine(warmup=0.5)), trainer(tmp_path)
    run.fit(loop, loader(0), loader(1))
    run.save_checkpoint(tmp_path / "run.ckpt")
    checkpoint = torch.load(tmp_path / "run.ckpt", weights_only=True)
    assert set(checkpoint["state_dict"]) == {f"model.{name}" for name in loop.model.state_dict()}
    assert "hyper_parameters" not in checkpoint


def test_a_resumed_run_follows_its_schedule_even_when_it_became_longer(tmp_path: Path) -> None:
    short = trainer(tmp_path)
    short.fit(supervised(scheduler=Cosine()), loader(0))
    short.save_checkpoint(tmp_path / "run.ckpt")
    rates = Rates()
    longer = trainer(tmp_path, max_epochs=3, callbacks=[rates])
    longer.fit(supervised(scheduler=Cosine()), loader(0), ckpt_path=tmp_path / "run.ckpt")
    expected = [0.01 * (1 + cos(pi * step / 12)) / 2 for step in range(4, 12)]
    # The rate of the first step was set, and saved, by the shorter plan.
    assert rates.used[1:] == pytest.approx(expected[1:])


def test_a_schedule_spans_the_steps_that_accumulation_leaves(tmp_path: Path) -> None:
    rates = Rates()
    run = trainer(tmp_path, max_epochs=2, accumulate_grad_batches=2, callbacks=[rates])
    run.fit(supervised(scheduler=Cosine()), loader(0))
    assert rates.used[::2] == pytest.approx([0.01 * (1 + cos(pi * step / 4)) / 2 for step in range(4)])


def test_a_schedule_spans_the_batches_that_a_limit_leaves(tmp_path: Path) -> None:
    rates = Rates()
    run = trainer(tmp_path, max_epochs=2, limit_train_batches=3, callbacks=[rates])
    run.fit(supervised(scheduler=Cosine()), loader(0))
    assert rates.used == pytest.approx([0.01 * (1 + cos(pi * step / 6)) / 2 for step in range(6)])


def test_a_scheduler_that_waits_for_a_value_gets_it_after_each_validation(tmp_path: Path) -> None:
    rates = Rates()
    scheduler = Plateau("val/loss", "min", factor=0.5, patience=0)
    # Steps of a size that no float32 weight notices: nothing improves.
    loop = supervised(scheduler=scheduler, optimizer=partial(SGD, lr=1e-12))
    trainer(tmp_path, max_epochs=3, callbacks=[rates]).fit(loop, loader(0), loader(1))
    assert rates.used == pytest.approx([1e-12] * 8 + [0.5e-12] * 4)


def test_a_scheduler_that_counts_epochs_is_stepped_once_an_epoch(tmp_path: Path) -> None:
    rates = Rates()
    scheduler = PerEpoch(partial(StepLR, step_size=1, gamma=0.5))
    trainer(tmp_path, max_epochs=2, callbacks=[rates]).fit(supervised(scheduler=scheduler), loader(0))
    assert rates.used == pytest.approx([0.01] * 4 + [0.005] * 4)


class Endless(IterableDataset[tuple[Tensor, Tensor]]):
    """Data without a length."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        inputs, target = clusters(0).tensors
        yield from zip(inputs, target, strict=True)


@pytest.mark.parametrize(("data", "max_epochs"), [(clusters(0), -1), (Endless(), 1)], ids=["endless", "no length"])
def test_a_schedule_that_needs_an_end_says_so(tmp_path: Path, data: Any, max_epochs: int) -> None:
    batches: Loader = DataLoader(data, batch_size=16)
    with pytest.raises(ValueError, match="no known end"):
        trainer(tmp_path, max_epochs=max_epochs).fit(supervised(scheduler=Cosine()), batches)
    trainer(tmp_path, max_epochs=max_epochs, max_steps=2).fit(supervised(scheduler=Cosine()), batches)


def test_a_frozen_parameter_is_not_optimized(tmp_path: Path) -> None:
    model = MLP(8, 3, hidden_dim=16)
    model.layers[1].requires_grad_(requires_grad=False)
    run = trainer(tmp_path)
    run.fit(supervised(model=model), loader(0))
    optimized = {id(parameter) for group in run.optimizers[0].param_groups for parameter in group["params"]}
    assert optimized == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}


class Tempered(nn.Module):
    """Cross entropy with a temperature to be learned."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = Parameter(torch.ones(()))

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(prediction / self.temperature, target)


def test_the_parameters_of_a_loss_are_trained(tmp_path: Path) -> None:
    loss = Tempered()
    trainer(tmp_path).fit(supervised(loss=loss), loader(0))
    assert loss.temperature != 1.0


def test_predictions_are_raw_outputs_with_or_without_targets(tmp_path: Path) -> None:
    loop, inputs = supervised(), clusters(1).tensors[0]
    bare: DataLoader[Tensor] = DataLoader(inputs, batch_size=16)  # type: ignore[arg-type]  # a tensor serves as a dataset
    for batches in (bare, loader(1)):
        predictions = trainer(tmp_path).predict(loop, batches)
        with torch.no_grad():
            torch.testing.assert_close(torch.cat(cast("list[Tensor]", predictions)), loop(inputs))


def test_a_step_needs_no_trainer() -> None:
    loop, (inputs, target) = supervised(), clusters(0).tensors
    prediction, compared, loss = loop.step((inputs, target))
    assert compared is target
    assert torch.equal(loss, cross_entropy(prediction, target))


def test_a_metric_that_cannot_be_logged_fails_before_the_first_epoch(tmp_path: Path) -> None:
    loop, run = supervised(metrics={"confusion": MulticlassConfusionMatrix(3)}), trainer(tmp_path)
    with pytest.raises(ValueError, match=r"metrics\.confusion returns shape \(3, 3\)"):
        run.fit(loop, loader(0), loader(1))
    assert run.global_step == 0


def test_two_processes_measure_as_one() -> None:
    script = Path(__file__).with_name("two_ranks.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True)
    report = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert report["logged"] == pytest.approx(report["expected"])
    assert "sync_dist" not in done.stderr
