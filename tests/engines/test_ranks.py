"""Several processes of one run, however they are started, know the one job and write to the one directory."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from in_process import QUICK, run

from project.config.ranks import followed, is_follower, together

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
SMALL = (*QUICK, "callbacks=[checkpoint]", "model=mlp", "preflight=false")
DDP = ("trainer=ddp", "trainer.devices=2")
OF_RANKS = "RANK", "LOCAL_RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_ID", "TORCHELASTIC_RUN_ID"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_RANKS:
        monkeypatch.delenv(name, raising=False)


def test_a_process_alone_runs_what_it_was_asked_for() -> None:
    assert not is_follower()
    assert followed(["-m", "seed=1,2"]) == together(["-m", "seed=1,2"]) == ["-m", "seed=1,2"]


def test_a_rank_that_lightning_starts_runs_its_job_and_not_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECT_JOB_OF_RANK_0", json.dumps(["seed=2", "hydra.run.dir='multirun/1'"]))
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert followed(["--config-dir", "mine"]) == ["--config-dir", "mine", "seed=2", "hydra.run.dir='multirun/1'"]


@pytest.mark.parametrize("rank", ["0", "1"])
def test_the_tasks_of_srun_agree_on_the_directory_of_their_job(rank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PROCID": rank, "NTASKS": "2", "STEP_ID": "0", "JOB_ID": "17"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert together(["trainer=ddp"])[:2] == ["trainer=ddp", "hydra.run.dir=outputs/slurm-17/0"]


def train(directory: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HYDRA_MAIN_MODULE": "__main__", **more}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=300)


def results(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(directory.rglob("results.json"))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a run of eight steps of 100 images in all, once for each `trainer` and what is asked for beside it."""
    root = tmp_path_factory.mktemp("trained")

    @cache
    def made(trainer: str, *more: str) -> Path:
        directory = root / f"{trainer}{len(more)}"
        ranks = [] if trainer == "cpu" else ["trainer.devices=2", "datamodule.batch_size=50"]
        ranks += ["trainer.strategy.min_num_params=1000"] if trainer == "fsdp" else []
        whole = [f"trainer.limit_{phase}_batches=null" for phase in ("val", "test", "predict")]
        whole += ["trainer.limit_train_batches=8", "callbacks=[checkpoint,predictions]"]
        whole += [] if more else ["stages=[fit,test,predict]"]
        line = [*SMALL, *whole, "datamodule.batch_size=100", f"trainer={trainer}", *ranks, *more]
        line += [f"hydra.run.dir={directory}"]
        if trainer == "cpu":
            return run(root, *line) and directory
        done = train(root, sys.executable, str(ROOT / "train.py"), *line)
        assert done.returncode == 0, done.stderr
        return directory

    return made


def alike(one: Path, two: Path) -> None:
    """Hold two runs against each other: their results, and all that they would go on from."""
    [first], [second] = results(one), results(two)
    assert (first["epochs"], first["steps"]) == (second["epochs"], second["steps"])
    for phase in ("validation", "test"):
        assert second[phase] == pytest.approx(first[phase], abs=1e-4)
    held = [torch.load(run / "checkpoints" / "last.ckpt", weights_only=True) for run in (one, two)]
    for part in ("state_dict", "optimizer_states", "lr_schedulers"):
        torch.testing.assert_close(held[1][part], held[0][part], atol=1e-4, rtol=0)


@pytest.mark.long
@pytest.mark.parametrize("trainer", ["ddp", "ddp_spawn", "fsdp"])
def test_two_processes_give_what_one_gives_with_their_batches_together(
    trainer: str, trained: Callable[..., Path]
) -> None:
    two = trained(trainer)
    alike(trained("cpu"), two)
    assert len(list(two.glob("*.log"))) == 1


@pytest.mark.long
@pytest.mark.parametrize("trainer", ["ddp", "ddp_spawn", "fsdp"])
def test_each_image_is_predicted_by_one_of_two_processes(trainer: str, trained: Callable[..., Path]) -> None:
    tables = [trained(trainer) / f"predictions.rank{rank}.csv" for rank in (0, 1)]
    rows = [row for table in tables for row in table.read_text().splitlines()[1:]]
    assert sorted(int(row.partition(",")[0]) for row in rows) == list(range(1000))


@pytest.mark.long
def test_the_first_of_two_processes_writes_the_record(trained: Callable[..., Path]) -> None:
    [record] = trained("ddp").rglob("provenance.json")
    assert json.loads(record.read_text())["before"] == []


@pytest.mark.long
@pytest.mark.parametrize("trainer", ["ddp", "ddp_spawn", "fsdp"])
def test_every_process_compiles_the_model_to_the_same_results(trainer: str, trained: Callable[..., Path]) -> None:
    accelerated = trained(trainer, "compile=reduce-overhead", "channels_last=true")
    alike(trained("cpu"), accelerated)


@pytest.mark.long
def test_one_process_goes_on_from_fsdps_checkpoint_and_fsdp_from_its(trained: Callable[..., Path]) -> None:
    last = {trainer: trained(trainer) / "checkpoints" / "last.ckpt" for trainer in ("cpu", "fsdp")}
    longer = "trainer.max_epochs=2"
    alike(trained("cpu", longer, f"ckpt_path={last['fsdp']}"), trained("fsdp", longer, f"ckpt_path={last['cpu']}"))


@pytest.mark.long
@pytest.mark.parametrize("launcher", ["basic", "joblib", "submitit_local", "ray"])
def test_every_job_of_a_sweep_may_have_two_processes(launcher: str, tmp_path: Path) -> None:
    parallel = [f"hydra.launcher.{'num_cpus=1' if launcher == 'ray' else 'n_jobs=2'}"] if launcher != "basic" else []
    line = [*SMALL, "trainer=ddp,fsdp", DDP[1], f"hydra/launcher={launcher}", *parallel]
    done = train(tmp_path, sys.executable, str(ROOT / "train.py"), "-m", *line)
    assert done.returncode == 0, done.stderr
    assert [result["steps"] for result in results(tmp_path)] == [4, 4]
    assert [len(list(tmp_path.rglob(name))) for name in (".hydra", "train.log")] == [2, 2]


@pytest.mark.long
def test_torchruns_processes_share_one_directory_and_one_preflight(tmp_path: Path) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", str(ROOT / "train.py")]
    done = train(tmp_path, *torchrun, *SMALL, *DDP, "preflight=true")
    assert done.returncode == 0, done.stderr
    assert [result["steps"] for result in results(tmp_path)] == [4]
    assert [len(list(tmp_path.rglob(name))) for name in (".hydra", "*.log")] == [1, 1]
    assert done.stderr.count("preflight: ") == 1


@pytest.mark.long
@pytest.mark.parametrize(("trainer", "rank"), [("ddp", 0), ("fsdp", 1)])
def test_a_failing_rank_ends_the_job_with_its_traceback_and_no_orphan(trainer: str, rank: int, tmp_path: Path) -> None:
    done = fail(tmp_path, f"trainer={trainer}", f"callbacks.fails.rank={rank}")
    assert done.returncode == 1
    assert done.stderr.count("RuntimeError: planted") == 1 + rank, "once in its traceback, and by the first rank"
    [status] = statuses(tmp_path)
    assert (status["state"], "failing_rank.py" in status["traceback"]) == ("failed", True)
    assert status["error"].endswith(f"RuntimeError: planted on rank {rank}")


@pytest.mark.long
def test_a_rank_that_is_killed_fails_its_job_and_not_the_sweep(tmp_path: Path) -> None:
    done = fail(tmp_path, "-m", "trainer=ddp", "callbacks.fails.kill=true", "callbacks.fails.rank=1,2")
    assert done.returncode == 1
    assert [status["state"] for status in statuses(tmp_path)] == ["failed", "finished"]
    assert "rank 1 was ended by SIGKILL" in statuses(tmp_path)[0]["error"]


@pytest.mark.long
def test_no_rank_outlives_the_first(tmp_path: Path) -> None:
    done = fail(tmp_path, "trainer=ddp", "callbacks.fails.kill=true", "callbacks.fails.rank=0")
    assert done.returncode == -signal.SIGKILL


@pytest.mark.long
def test_two_processes_that_are_killed_go_on_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["trainer=ddp", "callbacks.fails.rank=2", "seed=1", "callbacks.checkpoint.last_every_n_steps=3"]
    line += ["trainer.limit_train_batches=8", "trainer.max_epochs=2", "resume=true"]
    for name, killed_at, status in (("whole", "-1", 0), ("cut", "13", -signal.SIGKILL), ("cut", "-1", 0)):
        monkeypatch.setenv("KILLED_AT", killed_at)
        assert fail(tmp_path, *line, f"hydra.run.dir={name}").returncode == status
    whole, cut = (tmp_path / name for name in ("whole", "cut"))
    for name in ("best", "last"):
        one, two = (torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True) for run in (whole, cut))
        for part in ("state_dict", "optimizer_states", "lr_schedulers", "metrics"):
            torch.testing.assert_close(two[part], one[part], atol=0, rtol=0)
    assert (cut / "metrics.csv").read_text() == (whole / "metrics.csv").read_text()
    assert "resume: goes on from" in (cut / "train.log").read_text()


def fail(directory: Path, *line: str) -> "subprocess.CompletedProcess[str]":
    """Run a job one of whose ranks fails, and see that none is left."""
    mark, callbacks = f"of-{time.time_ns()}", "callbacks=[checkpoint,progress,fails]"
    flags = [word for word in line if word.startswith("-")]
    command = [sys.executable, str(HERE / "failing_rank.py"), *flags, *SMALL, callbacks, DDP[1], *line[len(flags) :]]
    done = train(directory, *command, MARK=mark)
    until = time.monotonic() + 5  # what is killed takes a moment to be gone
    while left := [path for path in Path("/proc").glob("[0-9]*/environ") if mark.encode() in _read(path)]:
        assert time.monotonic() < until, left
        time.sleep(0.1)
    return done


def statuses(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(directory.rglob("status.json"))]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
