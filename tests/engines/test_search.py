"""A search is checked before its first trial, stored, and goes on after whatever ended it."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

import configs
from project.config import ConfigError
from project.config.launch import refuse_wrong_jobs
from project.config.corners import corners
from project.config.search import Search
from project.config.trials import distribution
from project.config.signature import locate

[OPTUNA] = configs.sweeper.options
HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("optimizer.lrr=interval(1e-4,1e-1)", "Did you mean 'lr'?"),
        ("loss=choice(cross_entropy,fcal)", "Did you mean 'focal'?"),
        ("model.beeg_factor=int(interval(0,3))", "model.beeg_factor: 0 is out of bounds"),
        ("hydra.sweeper.n_trials=0", "hydra.sweeper.n_trials: 0 is out of bounds"),
        ("hydra.sweeper.sampler=tpee", "Did you mean 'tpe'?"),
    ],
    ids=["path", "choice", "end of an interval", "bound", "sampler"],
)
def test_a_mistake_in_a_search_is_told_before_the_first_trial(sweep: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        refuse_wrong_jobs(["-m", f"hydra/sweeper={OPTUNA}", "seed=range(1,9)", sweep])
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("sweep", "drawn"),
    [
        ("lr=interval(0.1,0.5)", "FloatDistribution(high=0.5, log=False, low=0.1, step=None)"),
        ("lr=tag(log,interval(0.1,0.5))", "FloatDistribution(high=0.5, log=True, low=0.1, step=None)"),
        ("width=int(interval(1,8))", "IntDistribution(high=8, log=False, low=1, step=1)"),
        ("width=range(8,64,8)", "IntDistribution(high=56, log=False, low=8, step=8)"),
        ("model=mlp,vit", "CategoricalDistribution(choices=('mlp', 'vit'))"),
    ],
)
def test_optuna_draws_from_what_the_command_line_says(sweep: str, drawn: str) -> None:
    [item] = OverridesParser.create().parse_overrides([sweep])
    assert str(distribution(item)) == drawn


def test_the_ends_and_the_choices_of_a_search_are_reviewed_each_alone() -> None:
    parsed = OverridesParser.create().parse_overrides(["a=interval(0.0,1.0)", "b=choice(x,y)", "c=3"])
    assert corners(parsed) == [["a=0.0", "b=x", "c=3"], ["a=1.0", "b=x", "c=3"], ["a=0.0", "b=y", "c=3"]]


@pytest.mark.parametrize("sampler", ["tpe", "random", "gp", "nsga2"])
def test_every_sampler_is_one_of_optunas(sampler: Any, tmp_path: Path) -> None:
    study = Search(sampler=sampler, seed=1, study=str(tmp_path / "study.db")).study("max", ["seed=range(1,9)"])
    assert str(study.direction) == "2"


def test_another_search_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    search = Search(study=str(tmp_path / "study.db"))
    search.study("max", ["seed=range(1,9)"])
    with pytest.raises(ConfigError, match="holds another search"):
        search.study("max", ["seed=range(1,7)"])


@pytest.mark.long
def test_forty_trials_survive_being_killed_five_times(tmp_path: Path) -> None:
    line = ["-m", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=40", "hydra.sweep.dir=search", "seed=range(1,100000)"]
    command = [sys.executable, str(HERE / "searched.py"), *line]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TRIALS": "trials.txt"}
    note = tmp_path / "trials.txt"
    chance = random.Random(0)  # noqa: S311
    for killed in range(5):
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and (len(note.read_text().split()) if note.exists() else 0) < 5 * killed + 3:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        assert process.poll() is None, "it has ended before it could be killed"
        process.kill()
        process.wait()
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    trials: list[Any] = _trials(tmp_path / "search" / "study.db")
    states = [trial.state.name for trial in trials if trial.params]
    assert len(states) == 40
    assert states.count("FAIL") + states.count("COMPLETE") == 40
    assert all(trial.number % 6 == 5 for trial in trials if trial.params and trial.state.name == "FAIL")
    ran = [int(number) for number in note.read_text().split()]
    assert set(ran) >= {trial.number for trial in trials if trial.state.name == "COMPLETE"}
    assert len(ran) - len(set(ran)) <= 5, "only what a kill cut off runs again"


def _trials(path: Path) -> list[Any]:
    study: Any = locate("optuna.load_study")(study_name="search", storage=f"sqlite:///{path}")
    found: list[Any] = study.trials
    return found
