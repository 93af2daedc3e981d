"""What a signal does to a run, in this process: each is really sent."""

import logging
import signal
from pathlib import Path
from typing import Any

import pytest
from lightning import Callback, LightningModule, Trainer
from small_training import Line, Ones, Sends, progress, trainer

from project import status
from project.interruption import Interrupted, interruptible
from project.status import Status, recorded


def interrupted(directory: Path, *callbacks: Callback, **settings: Any) -> Status:
    """Fit until the signal that a callback sends has ended it."""
    fitting = trainer(directory, *callbacks, **settings)
    with pytest.raises(Interrupted) as end, interruptible(fitting, recorded(directory)):
        fitting.fit(Line(), Ones())
    found = status.read(directory)
    assert found is not None
    assert end.value.code == 128 + end.value.signum
    assert (found.state, found.error) == ("interrupted", signal.Signals(end.value.signum).name)
    return found


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_step_is_finished_and_saved(signum: int, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "project"):
        interrupted(tmp_path, Sends("on_before_optimizer_step", 3, signum))
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert progress(last) == (0, 3, 3)
    assert [f"stopped after step 3, with 0 epochs finished; saved {last}" in line for line in caplog.messages] == [True]


def test_gradients_that_are_accumulated_are_used_first(tmp_path: Path) -> None:
    interrupted(tmp_path, Sends("on_train_batch_start", 2), accumulate_grad_batches=4)
    assert progress(tmp_path / "checkpoints" / "last.ckpt") == (0, 4, 1)


def test_a_validation_and_its_epoch_are_finished(tmp_path: Path) -> None:
    interrupted(tmp_path, Sends("on_validation_batch_end"), num_sanity_val_steps=0)
    assert progress(tmp_path / "checkpoints" / "last.ckpt") == (1, 10, 10)


def test_a_validation_within_an_epoch_is_finished_and_no_step_more(tmp_path: Path) -> None:
    interrupted(tmp_path, Sends("on_validation_batch_end"), num_sanity_val_steps=0, val_check_interval=5)
    assert progress(tmp_path / "checkpoints" / "last.ckpt") == (0, 5, 5)


@pytest.mark.parametrize("hook", ["setup", "on_sanity_check_start"])
def test_before_the_first_step_nothing_is_waited_for_and_nothing_saved(hook: str, tmp_path: Path) -> None:
    interrupted(tmp_path, Sends(hook))
    assert not (tmp_path / "checkpoints").exists()


def test_a_test_is_broken_off(tmp_path: Path) -> None:
    testing = trainer(tmp_path, sends := Sends("on_test_batch_end"))
    testing.fit(Line(), Ones())
    with pytest.raises(Interrupted), interruptible(testing, recorded(tmp_path)):
        testing.test(Line(), Ones(), verbose=False)
    assert sends.left == 0


@pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that ended before the epoch ended")
@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
def test_a_run_that_has_been_interrupted_goes_on_from_there(tmp_path: Path) -> None:
    interrupted(tmp_path, Sends("on_train_batch_start", 13))
    onwards = trainer(tmp_path, counts := Counts())
    onwards.fit(Line(), Ones(), ckpt_path=str(tmp_path / "checkpoints" / "last.ckpt"), weights_only=True)
    assert (counts.steps, onwards.global_step) == (7, 20)


class Counts(Callback):
    def __init__(self) -> None:
        self.steps = 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.steps += 1


def test_whoever_handled_a_signal_before_handles_it_again(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    interrupted(tmp_path, Sends("on_train_batch_start"))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_what_requeues_the_job_is_called_when_the_run_is_saved(tmp_path: Path) -> None:
    seen = list[tuple[bool, str]]()

    def requeues(*_: object) -> None:  # as submitit's does
        found = status.read(tmp_path)
        seen.append(((tmp_path / "checkpoints" / "last.ckpt").is_file(), found.state if found else ""))

    before = signal.signal(signal.SIGUSR2, requeues)
    try:
        interrupted(tmp_path, Sends("on_train_batch_start", 2, signal.SIGUSR2))
        assert signal.getsignal(signal.SIGUSR2) is requeues
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert seen == [(True, "interrupted")]
