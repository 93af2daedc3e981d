"""What sweeps make of real training: a job that was cut off goes on exactly, and no job feels another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from compared import differences
from cut_off import SMALL, End, altered
from in_process import run
from lightning import LightningDataModule, Trainer

from project import status
from project.interruption import Interrupted
from project.sweeps.jobs import truth

ROOT = Path(__file__).parents[2]
PLANTED = ROOT / "tests" / "engines" / "planted.py"
SHORT = (*SMALL, "trainer.max_epochs=2", "callbacks=[checkpoint]", "logger=[csv]")


def home(directory: Path) -> Path:
    """The one sweep that there is."""
    [file] = directory.glob("multirun/*/*/sweep.json")
    return file.parent


def test_a_job_that_was_interrupted_goes_on_exactly_where_it_was(tmp_path: Path) -> None:
    def ends(_: LightningDataModule, trainer: Trainer) -> None:
        parts: Any = trainer
        parts.callbacks.append(End(8))

    run(tmp_path, *SHORT, "seed=7", f"hydra.run.dir={tmp_path / 'whole'}")
    with altered(ends), suppress(SystemExit, Interrupted):
        run(tmp_path, "-m", *SHORT, "seed=7", "resume=anyway")
    assert truth(home(tmp_path) / "0") == "interrupted"
    run(tmp_path, "-m", *SHORT, "seed=7", "resume=anyway")
    assert truth(home(tmp_path) / "0") == "finished"
    assert differences(tmp_path / "whole", home(tmp_path) / "0") == []


def train(directory: Path, *line: str) -> None:
    directory.mkdir()
    command = [sys.executable, str(ROOT / "train.py"), "-m", *SHORT, *line]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the only job of a sweep."""
    directory = tmp_path_factory.mktemp("sweep") / "alone"
    train(directory, "seed=7")
    return home(directory) / "0"


@pytest.mark.long
@pytest.mark.parametrize("launcher", [["basic"], ["joblib", "hydra.launcher.n_jobs=1"]], ids=["basic", "joblib"])
def test_a_job_alone_gives_bitwise_what_it_gives_among_others(launcher: list[str], alone: Path, tmp_path: Path) -> None:
    chosen, *settings = launcher
    train(tmp_path / "many", "seed=4,5,6,7", f"hydra/launcher={chosen}", *settings)
    assert differences(home(tmp_path / "many") / "3", alone) == []


def to_one(process: "subprocess.Popen[bytes]") -> int:
    """A SIGTERM to the sweep's process alone."""
    process.send_signal(signal.SIGTERM)
    return signal.SIGTERM


def to_all(process: "subprocess.Popen[bytes]") -> int:
    """A SIGINT to all processes, as a terminal sends it."""
    os.killpg(process.pid, signal.SIGINT)
    return signal.SIGINT


@pytest.mark.long
@pytest.mark.parametrize("send", [to_one, to_all])
@pytest.mark.parametrize(
    "launcher",
    [["basic"], ["joblib", "hydra.launcher.n_jobs=2"], ["submitit_local", "hydra.launcher.n_jobs=2"]],
    ids=["basic", "joblib", "submitit_local"],
)
def test_a_signal_ends_the_jobs_that_run_and_leaves_the_others_for_the_next_start(
    launcher: list[str], send: Callable[["subprocess.Popen[bytes]"], int], tmp_path: Path
) -> None:
    chosen, *settings = launcher
    line = ["-m", "seed=0,1,2,3", "preflight=false", f"hydra/launcher={chosen}", *settings, "resume=anyway"]
    command = [sys.executable, str(PLANTED), *line]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NOTES": "notes.txt"}
    long = {**environment, "SECONDS": "300"}
    process = subprocess.Popen(command, cwd=tmp_path, env=long, stdout=subprocess.DEVNULL, start_new_session=True)
    running = 1 if chosen == "basic" else 2
    while len(_in(tmp_path, "running")) < running:
        assert process.poll() is None
        time.sleep(0.05)
    signum = send(process)
    assert process.wait(60) == 128 + signum
    assert len(_in(tmp_path, "interrupted")) == running
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(_in(tmp_path, "finished")) == 4


@pytest.mark.long
@pytest.mark.parametrize("send", [to_one, to_all])
def test_a_job_of_submitits_saves_the_step_at_which_a_signal_comes(
    send: Callable[["subprocess.Popen[bytes]"], int], tmp_path: Path
) -> None:
    line = [*SMALL, "trainer.max_epochs=400", "callbacks=[checkpoint]", "resume=anyway"]
    command = [sys.executable, str(ROOT / "train.py"), "-m", *line, "seed=7", "hydra/launcher=submitit_local"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
    while not list(tmp_path.rglob("last.ckpt")):
        assert process.poll() is None
        time.sleep(0.05)
    signum = send(process)
    assert process.wait(60) == 128 + signum
    assert len(_in(tmp_path, "interrupted")) == 1
    [log] = tmp_path.rglob("train.log")
    assert f"{signal.Signals(signum).name}: stopped after step " in log.read_text()
    assert "last.ckpt. The same line with resume=true goes on." in log.read_text()


def _in(directory: Path, state: str) -> list[Path]:
    found = ((path.parent, status.read(path.parent)) for path in directory.glob("multirun/*/*/*/status.json"))
    return [path for path, one in found if one is not None and one.truth == state]
