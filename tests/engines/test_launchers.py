"""Launchers are options like any other: typed, checked before the first job, and handed to the engine they name."""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from in_process import QUICK

from project.config import ConfigError, devices
from project.config.devices import claim, on_own_gpus
from project.config.engine import Engine
from project.config.launch import refuse_wrong_jobs
from project.config.launchers import Joblib, Ray, SubmititLocal, SubmititSlurm

ROOT = Path(__file__).parents[2]
FORK = multiprocessing.get_context("fork")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["hydra/launcher=jobblib"], "Did you mean 'joblib'?"),
        (["hydra/launcher=joblib", "hydra.launcher.n_jbs=2"], "Did you mean 'n_jobs'?"),
        (["hydra/launcher=joblib", "hydra.launcher.n_jobs=-3"], "hydra.launcher.n_jobs: -3 is out of bounds"),
        (["hydra/launcher=submitit_slurm", "hydra.launcher.nodes=two"], "hydra.launcher.nodes"),
        (["hydra.launcher._target_=torch.optim.adam.Adam"], "hydra.launcher: Adam is no Launcher"),
        (["+hydra.callbacks.x._target_=project.config.launchers.Joblib"], "would run unchecked"),
    ],
    ids=["option", "name", "bound", "type", "kind", "place"],
)
def test_a_mistake_in_a_launcher_is_told_before_the_first_job(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        refuse_wrong_jobs(["-m", *overrides])
    assert said in str(told.value)


TWO = "trainer=ddp", "trainer.devices=2", "hydra/launcher=submitit_slurm"


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (TWO, "trainer.devices: comes to 2, and hydra.launcher.tasks_per_node is 1"),
        (TWO, "Write hydra.launcher.tasks_per_node=2, or trainer.devices=1."),
        ((*TWO, "trainer.devices=[0,1]"), "Write hydra.launcher.tasks_per_node=2"),
        ((*TWO, "trainer.devices='0,1'"), "Write hydra.launcher.tasks_per_node=2"),
        ((*TWO, "trainer.devices=auto", "hydra.launcher.gpus_per_node=4"), "Write hydra.launcher.tasks_per_node=4"),
        ((TWO[2], "trainer=cpu", "hydra.launcher.tasks_per_node=2"), "or trainer.devices=2."),
        ((*TWO, "hydra.launcher.nodes=3"), "Write hydra.launcher.nodes=1, or trainer.num_nodes=3."),
    ],
    ids=["where", "what to write", "a list", "a text of several", "all that there are", "more tasks", "machines"],
)
def test_other_processes_than_slurm_starts_are_told_before_the_first_job(overrides: Sequence[str], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        refuse_wrong_jobs(["-m", *overrides])
    assert said in str(told.value)


@pytest.mark.parametrize(
    "line",
    [
        ["-m", *TWO, "hydra.launcher.tasks_per_node=2"],
        ["-m", *TWO, "trainer.devices=auto", "hydra.launcher.tasks_per_node=4"],
        ["-m", *TWO, "hydra.launcher.tasks_per_node=2", "hydra.launcher.nodes=2", "trainer.num_nodes=2"],
        TWO,
    ],
    ids=["as many", "what only the machine can tell", "machines", "a run alone, which no launcher starts"],
)
def test_the_processes_that_slurm_starts_are_right(line: Sequence[str]) -> None:
    refuse_wrong_jobs(list(line))


@pytest.mark.usefixtures("nothing_checked")
def test_a_launcher_that_is_not_installed_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Joblib, "requires", {"hydra_plugins.nowhere": "project[joblib]"})
    with pytest.raises(ConfigError, match=r"pip install 'project\[joblib\]'"):
        refuse_wrong_jobs(["-m", "hydra/launcher=joblib"])


@pytest.mark.parametrize("kind", [Joblib, SubmititLocal, SubmititSlurm, Ray])
def test_the_engine_takes_what_the_option_says(kind: type[Engine]) -> None:
    assert type(kind().engine()).__module__.startswith("hydra_plugins.")


def _claims(visible: str, number: int, said: Connection) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(devices.VISIBLE, visible)
        on_own_gpus(lambda _: said.send(os.environ[devices.VISIBLE]), number, None)
        said.recv()  # until it is told to end


@pytest.mark.usefixtures("own_locks")
def test_processes_of_one_machine_have_different_gpus_until_there_are_none() -> None:
    pipes = [FORK.Pipe() for _ in range(3)]
    workers = [FORK.Process(target=_claims, args=("3,GPU-5", 1, theirs)) for _, theirs in pipes]
    seen: list[str] = []
    for worker, (ours, _) in zip(workers, pipes, strict=True):
        worker.start()
        seen.append(ours.recv())
    assert seen == ["3", "GPU-5", "3"]
    workers[1].kill()
    workers[1].join()
    assert claim(["3", "GPU-5"], 1) == ["GPU-5"], "the GPU of a killed process is free"
    for worker, (ours, _) in zip(workers, pipes, strict=True):
        worker.kill()
        worker.join()
        ours.close()


@pytest.mark.usefixtures("own_locks")
def test_a_process_keeps_its_gpus_for_its_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.VISIBLE, "0,1,2")
    seen = [on_own_gpus(lambda _: devices.gpus(), 2, None) for _ in range(2)]
    assert seen == [["0", "1"]] * 2


def test_more_gpus_than_there_are_is_an_error() -> None:
    with pytest.raises(ValueError, match="lower gpus_per_job"):
        claim(["0"], 2)


@pytest.fixture
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(devices, "_held", [])


@pytest.mark.long
@pytest.mark.parametrize(
    ("launcher", "setting"),
    [("submitit_local", "n_jobs=1"), ("ray", "num_cpus=1")],
    ids=["submitit_local", "ray"],
)
def test_a_sweep_runs_under(launcher: str, setting: str, tmp_path: Path) -> None:
    line = [*QUICK, "callbacks=[]", "model=mlp", "preflight=false", "optimizer.lr=1e-3,1e-2"]
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "train.py"),
            "-m",
            *line,
            f"hydra/launcher={launcher}",
            f"hydra.launcher.{setting}",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(path.read_text()) for path in tmp_path.rglob("results.json")]
    assert [result["steps"] for result in found] == [4, 4]
