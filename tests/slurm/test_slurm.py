"""A real Slurm, of this machine alone: sweeps sent through submitit, jobs that are requeued, and jobs of two tasks."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from in_process import QUICK

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
SMALL = (*QUICK, "model=mlp", "callbacks=[checkpoint,progress]", "preflight=false")
INSTALLED = all(map(shutil.which, ("slurmctld", "slurmd", "srun", "munged")))

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() != 0 or not INSTALLED, reason="needs root and Slurm (tests/slurm/cluster.sh installs it)"
    ),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str], None, None]:
    """The environment in which Slurm's commands find the cluster."""
    directory = tmp_path_factory.mktemp("slurm")
    command = [str(HERE / "cluster.sh"), str(directory)]
    # Closing its stdin ends it, and so does the death of this process.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdout
        if script.stdout.readline() != "ready\n":
            pytest.fail("Slurm did not start")
        yield {**os.environ, "SLURM_CONF": str(directory / "slurm.conf")}


def sweep(directory: Path, cluster: dict[str, str], *overrides: str) -> subprocess.Popen[str]:
    line = [
        "-m",
        "hydra/launcher=submitit_slurm",
        "hydra.launcher.cpus_per_task=1",
        "hydra.sweep.dir=sweep",
        *overrides,
    ]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *line],
        cwd=directory,
        env=cluster,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def results(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(directory.rglob("results.json"))]


def test_a_sweep_is_sent_to_slurm_and_ends_well(cluster: dict[str, str], tmp_path: Path) -> None:
    with sweep(tmp_path, cluster, *SMALL, "optimizer.lr=1e-3,1e-2,1e-1") as sent:
        said, _ = sent.communicate(timeout=300)
    assert sent.returncode == 0, said
    assert [result["steps"] for result in results(tmp_path)] == [4, 4, 4]


def test_a_requeued_job_goes_on_from_its_last_checkpoint(cluster: dict[str, str], tmp_path: Path) -> None:
    longer = ("trainer.limit_train_batches=null", "trainer.max_epochs=25", "resume=true")
    with sweep(tmp_path, cluster, *SMALL, *longer) as sent:
        until(lambda: list(tmp_path.rglob("last.ckpt")), sent)
        job = slurm(cluster, "squeue", "--noheader", "--format=%i")
        slurm(cluster, "scontrol", "requeue", job)
        # Slurm lets a requeued job wait for two minutes.
        until(lambda: "BeginTime" in slurm(cluster, "squeue", "--noheader", "--format=%r"), sent)
        slurm(cluster, "scontrol", "update", f"jobid={job}", "StartTime=now")
        said, _ = sent.communicate(timeout=300)
    assert sent.returncode == 0, said
    [result] = results(tmp_path)
    assert result["epochs"] == 25
    [log] = tmp_path.rglob("train.log")
    assert log.read_text().count("epoch 1/25") == 1, "it has begun anew"
    assert log.read_text().count("epoch 25/25") == 1


@pytest.mark.parametrize("searched", [False, True], ids=["grid", "search"])
def test_jobs_that_outlive_the_sweep_that_sent_them_are_waited_for(
    searched: bool, cluster: dict[str, str], tmp_path: Path
) -> None:
    chosen = ("search=lr", "hydra.sweeper.n_trials=2", "hydra.sweeper.n_jobs=2") if searched else ("seed=1,2",)
    line = (*SMALL, "trainer.limit_train_batches=null", "trainer.max_epochs=6", "hydra.launcher.array_parallelism=1")
    with sweep(tmp_path, cluster, *line, *chosen) as sent:
        until(lambda: jobs(cluster, tmp_path, "--states=RUNNING"), sent)
        sent.kill()
    with sweep(tmp_path, cluster, *line, *chosen) as again:
        said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    [number] = {path.name.partition("_")[0] for path in tmp_path.glob("sweep/.submitit/[0-9]*_*")}
    assert f"sweep: waits for Slurm's jobs of an earlier start: {number}_" in said
    assert [result["epochs"] for result in results(tmp_path)] == [6, 6]
    for log in tmp_path.rglob("train.log"):
        assert log.read_text().count("epoch 1/6") == 1


def test_a_job_that_was_ended_on_another_machine_goes_on(cluster: dict[str, str], tmp_path: Path) -> None:
    line = (*SMALL, "trainer.limit_train_batches=null", "trainer.max_epochs=25")
    with sweep(tmp_path, cluster, *line) as sent:
        until(lambda: list(tmp_path.rglob("last.ckpt")), sent)
        sent.kill()
    slurm(cluster, "scancel", "--signal=KILL", "--full", *jobs(cluster, tmp_path))
    [told] = tmp_path.rglob("status.json")
    told.write_text(json.dumps({**json.loads(told.read_text()), "hostname": "elsewhere"}))
    with sweep(tmp_path, cluster, *line) as again:
        said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    [log] = tmp_path.rglob("train.log")
    assert log.read_text().count("epoch 1/25") == 1, "it has begun anew"


def test_a_slurm_that_does_not_answer_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "slurm.conf").write_text("")
    with sweep(tmp_path, {**os.environ, "SLURM_CONF": str(tmp_path / "slurm.conf")}, *SMALL) as sent:
        said, _ = sent.communicate(timeout=60)
    assert (sent.returncode, "hydra/launcher: Slurm does not say which jobs there are" in said) == (2, True), said


def test_the_tasks_of_a_job_are_the_ranks_of_one_run(cluster: dict[str, str], tmp_path: Path) -> None:
    ranks = ("hydra.launcher.tasks_per_node=2", "trainer=ddp,fsdp", "trainer.devices=2")
    with sweep(tmp_path, cluster, *SMALL, *ranks) as sent:
        said, _ = sent.communicate(timeout=300)
    assert sent.returncode == 0, said
    assert [result["steps"] for result in results(tmp_path)] == [4, 4]
    assert len(list(tmp_path.rglob("train.log"))) == 2


def until(done: Any, sent: subprocess.Popen[str], seconds: float = 120) -> None:
    """Wait for `done`, while the sweep runs."""
    end = time.monotonic() + seconds
    while not done():
        assert sent.poll() is None, sent.stdout and sent.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.2)


def jobs(cluster: dict[str, str], directory: Path, *which: str) -> list[str]:
    """The jobs whose scripts are below a directory."""
    lines = slurm(cluster, "squeue", "--noheader", "--format=%i %o", *which).splitlines()
    return [line.partition(" ")[0] for line in lines if str(directory) in line]


def slurm(cluster: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, env=cluster, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
