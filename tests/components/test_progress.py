"""What a run shows of itself: lines where there is no terminal, a bar where there is one."""

import io
import logging
import math
import re
import sys
from typing import Any

import pytest
import torch
from lightning import LightningModule, Trainer
from rich.console import Console
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from project.callbacks import Progress, Summary
from project.callbacks.bar import Bar

NUMBER = r"[\d.]+(?:e-\d+)?"


class Small(LightningModule):
    """Fits one weight, and logs as the loops do."""

    def __init__(self, loss: float | None = None) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.loss = loss

    def step(self, batch: list[Tensor]) -> Tensor:
        loss: Tensor = self.layer(batch[0]).square().mean()
        return loss if self.loss is None else loss * self.loss

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss = self.step(batch)
        self.log("train/loss_step", loss, prog_bar=True)
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: list[Tensor], batch_idx: int) -> None:
        self.log("val/loss", self.step(batch))
        self.log("val/f1/0", torch.tensor(0.5))

    def test_step(self, batch: list[Tensor], batch_idx: int) -> None:
        self.log("test/loss", self.step(batch))

    def predict_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        return self.step(batch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Failing(Small):
    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        raise RuntimeError("in the midst of an epoch")


def data(batches: int = 3) -> "DataLoader[tuple[Tensor, ...]]":
    return DataLoader(TensorDataset(torch.ones(4 * batches, 1)), batch_size=4)


def trainer(progress: Progress, **settings: Any) -> Trainer:
    return Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        callbacks=[progress],
        log_every_n_steps=1,
        **settings,
    )


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("project.callbacks")]


pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*no `val_dataloader`")


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_an_epoch_is_one_line_with_what_was_logged_in_it(caplog: pytest.LogCaptureFixture) -> None:
    trainer(Progress(), max_epochs=2).fit(Small(), data(), data(1))
    wanted = rf"train/loss {NUMBER}  val/loss {NUMBER}  {NUMBER} s  \(\d+ samples/s\)"
    assert [re.fullmatch(f"epoch ./2  {wanted}", text) is not None for text in said(caplog)] == [True, True]


def test_values_of_a_validation_that_an_epoch_did_not_have_are_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    trainer(Progress(), max_epochs=3, check_val_every_n_epoch=2).fit(Small(), data(), data(1))
    assert ["val/loss" in text for text in said(caplog)] == [False, True, False]


def test_nan_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    trainer(Progress(), max_epochs=1).fit(Small(loss=math.nan), data())
    assert "train/loss nan" in said(caplog)[0]


@pytest.mark.parametrize("stage", ["validate", "test", "predict"])
def test_every_other_stage_is_one_line_too(stage: str, caplog: pytest.LogCaptureFixture) -> None:
    run = trainer(Progress())
    getattr(run, stage)(Small(), data())
    [line] = said(caplog)
    name, metric = {"validate": ("validation", "val/loss"), "test": ("test", "test/loss")}.get(stage, ("predict", ""))
    assert line.startswith(name)
    assert metric in line
    assert "samples/s" in line


def test_a_long_epoch_says_now_and_then_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    trainer(Progress(line_s=1e-9), max_epochs=1).fit(Small(), data())
    assert re.fullmatch(rf"epoch 1/1  batch 2/3  train/loss_step {NUMBER}  \(\d+ samples/s\)", said(caplog)[1])


def test_a_step_copies_no_value_off_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0

    def counted(read: Any) -> Any:
        def call(value: Tensor) -> Any:
            nonlocal reads
            reads += 1
            return read(value)

        return call

    monkeypatch.setattr(Tensor, "item", counted(Tensor.item))
    monkeypatch.setattr(Tensor, "__float__", counted(Tensor.__float__))

    def reads_of_a_run(batches: int) -> int:
        before = reads
        trainer(Progress(), max_epochs=1, limit_val_batches=0).fit(Small(), data(batches))
        return reads - before

    shown = reads_of_a_run(80) - reads_of_a_run(40)
    monkeypatch.setattr(Progress, "on_train_batch_end", nothing)
    assert shown == reads_of_a_run(80) - reads_of_a_run(40)


def nothing(*_: object) -> None: ...


def test_a_silent_one_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress()
    progress.disable()
    trainer(progress, max_epochs=1).fit(Small(), data())
    assert said(caplog) == []


def test_without_any_logging_the_lines_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger("project.callbacks.progress"), "propagate", False)
    trainer(Progress(), max_epochs=1).fit(Small(), data())
    assert capsys.readouterr().out.startswith("epoch 1/1  train/loss ")


@pytest.mark.parametrize("settings", [{"refresh_s": 0.0}, {"line_s": -1.0}])
def test_a_clock_that_does_not_run_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds"):
        Progress(**settings)


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_bar_leaves_the_terminal_as_it_was() -> None:
    console, streams = terminal(), (sys.stdout, sys.stderr)
    bar = Bar(console)
    bar.start("epoch 1/2", 10)
    bar.update("epoch 1/2", 5, "loss[0] nan")
    bar.stop()
    text = written(console)
    assert "loss[0] nan" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    assert (sys.stdout, sys.stderr) == streams


def test_log_lines_pass_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    console = terminal()
    monkeypatch.setattr(sys, "stdout", stdout := _Terminal())
    handler = logging.StreamHandler(stdout)
    logger = logging.getLogger("test_progress")
    logger.addHandler(handler)
    bar = Bar(console)
    bar.start("epoch 1/2", math.inf)
    logger.warning("in the midst")
    bar.stop()
    logger.warning("afterwards")
    logger.removeHandler(handler)
    assert "in the midst" in written(console)
    assert stdout.getvalue() == "afterwards\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_error_in_an_epoch_takes_the_bar_away(monkeypatch: pytest.MonkeyPatch) -> None:
    console = terminal()
    monkeypatch.setattr("project.callbacks.progress.Console", lambda: console)
    with pytest.raises(RuntimeError, match="in the midst of an epoch"):
        trainer(Progress(), max_epochs=1).fit(Failing(), data())
    assert written(console).endswith("\x1b[?25h") or written(console).count("\x1b[?25h") == 1


def test_a_bar_is_drawn_of_every_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    console = terminal()
    monkeypatch.setattr("project.callbacks.progress.Console", lambda: console)
    run = trainer(Progress(refresh_s=1e-9), max_epochs=1)
    run.fit(Small(), data(), data(2))
    run.test(Small(), data(), verbose=False)
    text = written(console)
    assert all(phase in text for phase in ("sanity check", "epoch 1/1", "validation", "test", "train/loss_step", "3/3"))
    assert "v_num" not in text


def test_the_summary_says_what_the_model_is_made_of(caplog: pytest.LogCaptureFixture) -> None:
    module = Small()
    module.layer.bias.requires_grad = False
    run = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        fast_dev_run=True,
        callbacks=[Summary(), Progress()],
    )
    run.fit(module, data())
    assert said(caplog)[0] == "layer  Linear  2\n2 parameters, 1 of them frozen, 8e-06 MB"


def test_a_depth_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Summary(max_depth=-2)
