"""Faults of a run whose config is right, each brought about for real."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest
import torch
from lightning import Callback
from small_training import Does, Line, Ones, trainer
from torch import Tensor
from torch.utils.data import Dataset

from project import status
from project.faults import FaultError, ending_by_faults, faults_told
from project.status import recorded


def failed(directory: Path, line: Line, data: Ones, *callbacks: Callback) -> str:
    """What is said of the fault that ends a training, of which the last checkpoint is left."""
    fitting = trainer(directory, *callbacks)
    with pytest.raises(FaultError) as error, recorded(directory), faults_told(fitting, lambda: "about 14 MiB"):
        fitting.fit(line, data)
    found = status.read(directory)
    assert found is not None
    assert found.state == "failed"
    assert torch.load(directory / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 10
    assert f"python train.py run={directory} goes on" in str(error.value)
    return str(error.value)


class Large(Line):
    """Wants more memory in the second epoch than there is."""

    def __init__(self, want: Callable[[], object]) -> None:
        super().__init__()
        self.want = want

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        if self.global_step == 12:
            self.want()
        return super().training_step(batch, batch_idx)


def cuda() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has …")


def host() -> None:
    raise MemoryError


def cpu() -> None:
    torch.empty(2**50)


@pytest.mark.parametrize("want", [cuda, host, cpu])
def test_memory_that_is_used_up_is_told_with_what_was_expected_and_what_helps(
    want: Callable[[], object], tmp_path: Path
) -> None:
    said = failed(tmp_path, Large(want), Ones())
    assert said.startswith("out of memory, in epoch 2 after step 12\n")
    assert "about 14 MiB" in said
    assert "datamodule.batch_size" in said


def test_a_worker_that_is_killed_is_told(tmp_path: Path) -> None:
    def kill() -> None:
        for worker in multiprocessing.active_children():
            os.kill(worker.pid or 0, signal.SIGKILL)

    said = failed(tmp_path, Line(), Ones(num_workers=1, prefetch_factor=1, persistent_workers=True), Does(kill))
    assert said.startswith("a dataloader's worker is gone, in epoch 2 after step 1")
    assert "datamodule.num_workers" in said


class Hangs(Dataset[tuple[Tensor]]):
    """Sends nothing in the second epoch."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, index: int) -> tuple[Tensor]:
        if index == 0 and multiprocessing.parent_process() is not None:
            self.asked = getattr(self, "asked", 0) + 1
            sleep(60 if self.asked == 2 else 0)
        return (torch.ones(4),)


@pytest.mark.long  # torch waits for its worker
def test_a_worker_that_hangs_is_told(tmp_path: Path) -> None:
    said = failed(tmp_path, Line(), Ones(data=Hangs(), num_workers=1, persistent_workers=True, timeout=1))
    assert said.startswith("a dataloader's worker is gone, in epoch 2 after step 10")
    assert "timed out" in said


def test_an_error_of_the_users_own_keeps_its_traceback(tmp_path: Path) -> None:
    def wrong() -> None:
        raise KeyError("mine")

    fitting = trainer(tmp_path, Does(wrong))
    with pytest.raises(KeyError), recorded(tmp_path), faults_told(fitting, str):
        fitting.fit(Line(), Ones())
    found = status.read(tmp_path)
    assert found is not None
    assert (found.state, found.error) == ("failed", "KeyError: 'mine'")
    assert 'raise KeyError("mine")' in found.traceback


def test_a_fault_ends_the_program_with_its_words_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, ending_by_faults():
        raise FaultError("too much")
    assert (end.value.code, capsys.readouterr().err) == (1, "too much\n")
