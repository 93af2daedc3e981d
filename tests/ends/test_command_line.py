"""`python train.py` that is ended by a signal or a fault: its status, its words, and what it leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest
import torch
from in_process import QUICK, newest, run
from small_training import progress
from torch import Tensor

from project import status
from project.faults import FaultError
from project.model import BeegYoshiMLP

MARK = "seed=20261123"
ROOT = Path(__file__).parents[2]
ENDLESS = ("datamodule.source=bundled", "trainer.accelerator=cpu", "trainer.max_epochs=1000", "preflight=false")


@contextmanager
def running(directory: Path, *overrides: str, **environment: str) -> Generator[subprocess.Popen[str]]:
    """The command line in a process of its own, which is gone afterwards."""
    command = [sys.executable, "-u", str(ROOT / "train.py"), *overrides]
    out, err = subprocess.PIPE, subprocess.STDOUT
    variables = os.environ | environment
    with subprocess.Popen(command, cwd=directory, env=variables, text=True, stdout=out, stderr=err) as process:
        try:
            yield process
        finally:
            process.kill()


def signalled(process: "subprocess.Popen[str]", line: str, signum: int) -> str:
    """Send the signal when a line is there, and return what is said after it."""
    assert process.stdout is not None
    assert any(line in said for said in process.stdout)
    process.send_signal(signum)
    return process.stdout.read()


def state(directory: Path) -> str:
    found = status.read(newest(directory))
    return found.truth if found else "none"


def test_a_sweep_ends_with_the_job_that_is_ended(tmp_path: Path) -> None:
    with running(tmp_path, "-m", *ENDLESS, "model.beeg_factor=1,2") as process:
        while not any("epoch 1/1000" in log.read_text() for log in tmp_path.rglob("output.log")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate()
    assert process.returncode == 143
    assert "Traceback" not in said
    assert "job 1 begins" not in said
    assert state(tmp_path) == "interrupted"
    epochs, batches, steps = progress(newest(tmp_path) / "checkpoints" / "last.ckpt")
    assert steps == 86 * epochs + (0 if batches == 86 else batches) > 0
    assert f"stopped after step {steps}" in (newest(tmp_path) / "output.log").read_text()


def test_memory_that_is_used_up_is_told_with_the_preflights_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, calls = BeegYoshiMLP.forward, list[int]()

    def growing(self: BeegYoshiMLP, inputs: Tensor) -> Tensor:
        if type(inputs) is Tensor and self.training and inputs.device.type == "cpu" and (tmp_path / "outputs").exists():
            calls.append(0)
        if len(calls) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(self, inputs)

    monkeypatch.setattr(BeegYoshiMLP, "forward", growing)
    with pytest.raises(FaultError) as fault:
        run(tmp_path, *QUICK, "preflight=false")
    assert str(fault.value).startswith("out of memory, in epoch 1 after step 2\n")
    assert "623,290 parameters" in str(fault.value)
    assert state(tmp_path) == "failed"


@pytest.mark.long
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_run_that_is_ended_goes_on_in_its_directory(signum: int, code: int, tmp_path: Path) -> None:
    with running(tmp_path, *ENDLESS) as process:
        said = signalled(process, "epoch 2/1000", signum)
    interrupted = newest(tmp_path)
    steps = progress(interrupted / "checkpoints" / "last.ckpt")[2]
    assert (process.returncode, state(tmp_path), "Traceback" in said) == (code, "interrupted", False)
    run(tmp_path, f"run={interrupted}", "trainer.max_epochs=4", "preflight=false")
    assert newest(tmp_path) == interrupted
    assert progress(interrupted / "checkpoints" / "last.ckpt")[2] == 4 * 86 > steps
    assert state(tmp_path) == "finished"


@pytest.mark.long
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(signum: int, tmp_path: Path) -> None:
    hold = ("trainer.limit_train_batches=1.0", "datamodule.num_workers=1")
    with running(tmp_path, *ENDLESS, *hold, "trainer.accumulate_grad_batches=1000000") as process:
        signalled_twice(process, signum)
    assert process.returncode == 128 + signum
    assert state(tmp_path) == "killed"


def signalled_twice(process: "subprocess.Popen[str]", signum: int) -> None:
    assert process.stdout is not None
    assert any("epoch 1/1000" in said for said in process.stdout)
    os.kill(process.pid, signal.SIGSTOP)
    process.send_signal(signum)
    os.kill(process.pid, signal.SIGCONT)
    while "second signal" not in (said := process.stdout.readline()):
        assert said
    os.kill(process.pid, signal.SIGSTOP)
    try:
        process.wait(0.7)
    except subprocess.TimeoutExpired:
        process.send_signal(signum)
        os.kill(process.pid, signal.SIGCONT)
    process.wait(20)


@pytest.mark.long
@pytest.mark.parametrize("trainer", ["ddp", "ddp_spawn"])
def test_a_signal_reaches_every_process_of_a_run_and_none_is_left(trainer: str, tmp_path: Path) -> None:
    with running(tmp_path, *ENDLESS, f"trainer={trainer}", "trainer.devices=2", MARK) as process:
        said = signalled(process, "epoch 1/1000", signal.SIGTERM)
    assert process.returncode == 143, said
    assert state(tmp_path) == "interrupted"
    assert "Traceback" not in said
    assert progress(newest(tmp_path) / "checkpoints" / "last.ckpt")[2] >= 43
    left = subprocess.run([which("ps") or "ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert MARK not in left


@pytest.mark.long
@pytest.mark.parametrize(
    ("signum", "job_state", "calls"),
    [
        (signal.SIGUSR1, "RUNNING", ["requeue 7_3"]),
        (signal.SIGTERM, "RUNNING", ["show job 7_3", "requeue 7_3"]),
        (signal.SIGTERM, "CANCELLED", ["show job 7_3"]),
    ],
)
def test_slurm_is_asked_to_queue_the_job_again(signum: int, job_state: str, calls: list[str], tmp_path: Path) -> None:
    scontrol = tmp_path / "bin" / "scontrol"
    scontrol.parent.mkdir()
    scontrol.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n[ $1 = requeue ] || echo JobState={job_state}\n')
    scontrol.chmod(0o755)
    job = {"SLURM_JOB_ID": "9", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3", "SLURM_NTASKS": "1"}
    slurm = {**job, "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_JOB_NAME": "train"}
    with running(tmp_path, *ENDLESS, PATH=f"{scontrol.parent}:{os.environ['PATH']}", **slurm) as process:
        said = signalled(process, "epoch 1/1000", signum)
    assert process.returncode == 128 + signum, said
    assert state(tmp_path) == "interrupted"
    assert (newest(tmp_path) / "checkpoints" / "last.ckpt").is_file()
    assert (tmp_path / "calls").read_text().splitlines() == calls
    assert ("job 7_3 is requeued" in said) == ("requeue 7_3" in calls)
