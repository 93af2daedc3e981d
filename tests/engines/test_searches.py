"""Whole searches of real training runs: pruned, cut off and gone on with, and for several objectives."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from project import status
from project.config.signature import locate
from project.study import NAME, storage
from project.sweeps.record import Record
from project.sweeps.sweep import read

ROOT = Path(__file__).parents[2]
SMALL = (
    *("datamodule=fake", "datamodule.size=600", "model=mlp", "model.hidden_dim=8", "trainer=cpu", "preflight=false"),
    *("logger=[]", "callbacks=[checkpoint]", "hydra.sweep.dir=found"),
)

pytestmark = pytest.mark.long


def command(*line: str) -> list[str]:
    return [sys.executable, str(ROOT / "train.py"), "-m", *SMALL, *line]


def search(directory: Path, *line: str) -> str:
    done = subprocess.run(command(*line), cwd=directory, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def study(directory: Path) -> Any:
    return locate("optuna.load_study")(study_name=NAME, storage=storage(directory / "found" / "study.db"))


def states(directory: Path) -> list[str]:
    return [trial.state.name for trial in study(directory).trials]


def with_good_trials(directory: Path) -> None:
    """Begin a study with trials beside which any other is hopeless: enough for a median."""
    kept = storage(directory / "found" / "study.db")
    known: Any = locate("optuna.create_study")(storage=kept, study_name=NAME, direction="maximize")
    create: Callable[..., Any] = locate("optuna.trial.create_trial")
    drawn = {"optimizer.lr": locate("optuna.distributions.FloatDistribution")(1e-4, 1e-1, log=True)}
    for lr in (0.01, 0.02, 0.03, 0.04, 0.05):
        params = {"optimizer.lr": lr}
        known.add_trial(create(params=params, distributions=drawn, value=0.999, intermediate_values={1: 0.999}))


PRUNED = "search=lr", "hydra.sweeper.pruner=median", "trainer.max_epochs=2"


def test_a_pruned_trial_is_no_failure_and_is_not_run_again(tmp_path: Path) -> None:
    with_good_trials(tmp_path)
    line = (*PRUNED, "hydra.sweeper.n_trials=7")
    said = search(tmp_path, *line)
    assert states(tmp_path) == ["COMPLETE"] * 5 + ["PRUNED"] * 2
    assert "trial 6 pruned: val/accuracy 0." in said
    assert "2 of 7 trials were pruned" in said
    assert "found  2 pruned\n" in said, "the table of its trials"
    assert "Launching" not in said
    told = status.read(tmp_path / "found" / "6")
    assert told
    assert told.truth == "pruned"
    search(tmp_path, *line)
    assert status.read(tmp_path / "found" / "6") == told


@pytest.mark.parametrize(
    "engine",
    [
        ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
        ["hydra/launcher=submitit_local", "hydra.launcher.n_jobs=2"],
        ["hydra/launcher=ray", "hydra.launcher.num_cpus=1"],
        ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"],
        ["trainer=ddp_spawn", "trainer.devices=2", "trainer.accelerator=cpu"],
    ],
    ids=["joblib", "submitit_local", "ray", "ddp", "ddp_spawn"],
)
def test_hopeless_trials_are_pruned_two_at_a_time_and_in_two_processes(engine: list[str], tmp_path: Path) -> None:
    with_good_trials(tmp_path)
    said = search(tmp_path, *PRUNED, *engine, "hydra.sweeper.n_jobs=2", "hydra.sweeper.n_trials=7")
    assert "2 of 7 trials were pruned" in said
    assert states(tmp_path) == ["COMPLETE"] * 5 + ["PRUNED"] * 2
    for trial in study(tmp_path).trials[5:]:
        told, results = (tmp_path / "found" / str(trial.number) / name for name in ("status.json", "results.json"))
        assert json.loads(told.read_text())["state"] == "pruned"
        assert json.loads(results.read_text())["epochs"] == len(trial.intermediate_values) == 1


def test_a_trial_that_was_killed_goes_on_and_reports_each_step_once(tmp_path: Path) -> None:
    line = "search=lr", "hydra.sweeper.pruner=median", "hydra.sweeper.n_trials=1", "trainer.max_epochs=10"
    last = tmp_path / "found" / "0" / "checkpoints" / "last.ckpt"
    process = subprocess.Popen(command(*line), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not last.is_file():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert states(tmp_path) == ["RUNNING"]
    search(tmp_path, *line)
    assert "resume: goes on from" in (tmp_path / "found" / "0" / "output.log").read_text()
    [trial] = study(tmp_path).trials
    assert (trial.state.name, list(trial.intermediate_values)) == ("COMPLETE", list(range(1, 11)))


@pytest.mark.parametrize(
    "launcher",
    [["basic"], ["joblib", "hydra.launcher.n_jobs=2"], ["submitit_local", "hydra.launcher.n_jobs=2"]],
    ids=["basic", "joblib", "submitit_local"],
)
def test_a_signal_lets_the_trials_that_run_save_and_the_same_line_goes_on(launcher: list[str], tmp_path: Path) -> None:
    chosen, *settings = launcher
    line = ["search=lr", "hydra.sweeper.n_trials=2", "hydra.sweeper.n_jobs=2", f"hydra/launcher={chosen}", *settings]
    line += ["trainer.max_epochs=200"]  # for the first to run yet when the second has begun, on a busy machine too
    process = subprocess.Popen(command(*line), cwd=tmp_path, stdout=subprocess.DEVNULL)
    running = 1 if chosen == "basic" else 2
    while len(list(tmp_path.rglob("last.ckpt"))) < running:
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert process.wait(120) == 128 + signal.SIGTERM
    assert states(tmp_path) == ["RUNNING"] * 2
    logs = [(tmp_path / "found" / str(number) / "train.log").read_text() for number in range(running)]
    assert ["SIGTERM: stopped after step " in log for log in logs] == [True] * running
    search(tmp_path, *line)
    assert states(tmp_path) == ["COMPLETE"] * 2


def test_several_objectives_end_in_a_pareto_front_and_are_gone_on_with(tmp_path: Path) -> None:
    line = "search=[lr,batch_size]", "trainer.max_epochs=1", "hydra.sweeper.objectives={val/accuracy:max,seconds:min}"
    search(tmp_path, *line, "hydra.sweeper.n_trials=2")
    said = search(tmp_path, *line, "hydra.sweeper.n_trials=3")
    assert "Pareto front of 3 trials: trial " in said
    assert "trial 2: val/accuracy 0." in said
    kept = (tmp_path / "found" / "search.log").read_text()
    assert [f"trial {number}: val/accuracy 0." in kept for number in range(3)] == [True] * 3
    assert all(len(trial.values) == 2 for trial in study(tmp_path).trials)
    record = Record.read(tmp_path / "found")
    assert [(job.number, job.monitor) for job in record.jobs] == [(number, "val/accuracy") for number in range(3)]
    assert record.swept == ("optimizer.lr", "datamodule.batch_size")
    assert record.objectives == {"val/accuracy": "max", "seconds": "min"}
    assert {int(name) for name in read(tmp_path / "found").front} == {
        trial.number for trial in study(tmp_path).best_trials
    }
