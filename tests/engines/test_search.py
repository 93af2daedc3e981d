"""A search is checked before its first trial, stored, and goes on after whatever ended it."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

import configs
from project.config import ConfigError, choice, integers, log_uniform, uniform
from project.config.command import arguments, reviews
from project.config.corners import corners
from project.config.launch import refuse_wrong_jobs
from project.config.search import SAMPLERS, Search
from project.config.signature import locate
from project.config.trials import Mode, distribution
from project.study import PRUNERS, Pruner
from project.sweeps.jobs import truth
from project.sweeps.record import Record

GRID, OPTUNA = configs.sweeper.options
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


@pytest.mark.parametrize(
    ("space", "drawn"),
    [
        (uniform(0, 0.5), "FloatDistribution(high=0.5, log=False, low=0.0, step=None)"),
        (log_uniform(1e-5, 1), "FloatDistribution(high=1.0, log=True, low=1e-05, step=None)"),
        (integers(1, 9), "IntDistribution(high=9, log=False, low=1, step=1)"),
        (integers(8, 60, step=8), "IntDistribution(high=56, log=False, low=8, step=8)"),
        (integers(1, 99, log=True), "IntDistribution(high=99, log=True, low=1, step=1)"),
        (choice("it's", "a, b"), r"""CategoricalDistribution(choices=("'it\\'s'", "'a, b'"))"""),
        (choice(None, True), "CategoricalDistribution(choices=('null', 'True'))"),
        (choice((1, 2), (3, 4)), "CategoricalDistribution(choices=('[1,2]', '[3,4]'))"),
    ],
    ids=lambda value: value if isinstance(value, str) else "space",
)
def test_optuna_draws_from_typed_spaces(space: Any, drawn: str) -> None:
    [item] = OverridesParser.create().parse_overrides([f"a={space.sweep}"])
    assert str(distribution(item)) == drawn


def jobs(*line: str) -> list[str]:
    """What is reviewed of a search, each job without what all have in common."""
    todo, reviewed = reviews(arguments(["-m", *line]))
    assert [problem for _, problems in reviewed for problem in problems] == []
    return [" ".join(job[len(line) :]) for job in todo]


def test_spaces_choose_the_sweeper_and_their_ends_are_reviewed() -> None:
    assert jobs("search=[lr,batch_size]")[:3] == [
        "optimizer.lr=0.0001 datamodule.batch_size=32",
        "optimizer.lr=0.1 datamodule.batch_size=32",
        "optimizer.lr=0.0001 datamodule.batch_size=64",
    ]


def test_what_the_command_line_gives_is_not_searched() -> None:
    assert jobs("search=[lr,model]", "model=vit") == ["optimizer.lr=0.0001", "optimizer.lr=0.1"]


def test_a_choice_sets_each_option_with_its_own_defaults() -> None:
    assert jobs("search=model") == ["model=mlp", "model=beeg_mlp", "model=small_cnn"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("search=lr", "optimizer.lr: is to be searched"),
        ("-m search=lr,model", "write search=[lr,model]"),
        ("-m search=[lr,modle]", "Did you mean 'model'?"),
        (f"-m search=lr hydra/sweeper={GRID}", "grid searches no spaces"),
        ("-m search=batch_size datamodule=fake datamodule.sise=3", "Did you mean 'size'?"),
        ("-m search=lr hydra.sweeper.pruner=medium", "Did you mean 'median'?"),
        ("-m search=lr hydra.sweeper.objectives={seconds:low}", "is no Mapping[str, 'min' | 'max']"),
        ("-m search=lr hydra.sweeper.seed=4294967296", "hydra.sweeper.seed: 4294967296 is out of bounds"),
    ],
)
def test_a_mistake_with_spaces_is_told_before_the_first_trial(line: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        refuse_wrong_jobs(line.split())
    assert said in str(told.value)


MONITORED: dict[str, Mode] = {"val/accuracy": "max"}


@pytest.mark.parametrize("sampler", ["tpe", "random", "gp", "nsga2"])
def test_every_sampler_is_one_of_optunas(sampler: Any, tmp_path: Path) -> None:
    study = Search(sampler=sampler, seed=2**32 - 1).study(tmp_path, MONITORED, {})
    assert (str(study.direction), type(study.sampler).__name__) == ("2", SAMPLERS[sampler])


@pytest.mark.parametrize("pruner", get_args(Pruner))
def test_every_pruner_is_one_of_optunas(pruner: Pruner, tmp_path: Path) -> None:
    study = Search(pruner=pruner).study(tmp_path, MONITORED, {})
    assert type(study.pruner).__name__ == PRUNERS[pruner]


@pytest.mark.parametrize(
    ("line", "space", "monitored"),
    [
        ("seed=range(1,7)", {}, MONITORED),
        ("seed=range(1,9)", {"seed": "another space"}, MONITORED),
        ("seed=range(1,9)", {}, {"val/loss": "min"}),
    ],
    ids=["line", "space", "objective"],
)
def test_another_search_in_the_same_directory_is_refused(line: str, space: Any, monitored: Any, tmp_path: Path) -> None:
    search = Search()
    search.study(tmp_path, MONITORED, search.asked(MONITORED, ["seed=range(1,9)"], {}))
    with pytest.raises(ConfigError, match="holds another search"):
        search.study(tmp_path, monitored, search.asked(monitored, [line], space))


def test_no_secret_of_the_command_line_is_kept() -> None:
    assert "hunter2" not in str(Search().asked(MONITORED, ["logger.wandb.api_key=hunter2"], {}))


@pytest.mark.parametrize(
    ("objectives", "pruner", "said"),
    [
        (
            {"val/accuracy": "max", "seconds": "min"},
            "median",
            "hydra.sweeper.pruner: median goes by val/accuracy alone",
        ),
        ({"secnds": "min"}, "none", "Did you mean 'seconds'?"),
    ],
)
def test_objectives_that_do_not_fit_are_told(objectives: Any, pruner: Pruner, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        Search(objectives=objectives, pruner=pruner).asked(MONITORED, [], {})
    assert said in str(told.value)


@pytest.mark.long
@pytest.mark.parametrize(
    "launcher",
    [["basic"], ["joblib", "hydra.launcher.n_jobs=2", "hydra.sweeper.n_jobs=2"]],
    ids=["basic", "joblib"],
)
def test_forty_trials_survive_being_killed_five_times(launcher: list[str], tmp_path: Path) -> None:
    chosen, *settings = launcher
    line = ["-m", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=40", "hydra.sweep.dir=search", "seed=range(1,100000)"]
    command = [sys.executable, str(HERE / "searched.py"), *line, f"hydra/launcher={chosen}", *settings]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TRIALS": "trials.txt"}
    note = tmp_path / "trials.txt"
    chance = random.Random(0)  # noqa: S311
    cut_off = Counter[int]()
    for killed in range(5):
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and (len(note.read_text().split()) if note.exists() else 0) < 5 * killed + 3:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        assert process.poll() is None, "it has ended before it could be killed"
        process.kill()
        process.wait()
        cut_off.update(_cut_off(tmp_path / "search"))
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    trials: list[Any] = _trials(tmp_path / "search" / "study.db")
    states = [trial.state.name for trial in trials if trial.params]
    assert len(states) == 40
    assert states.count("FAIL") + states.count("COMPLETE") == 40
    assert all(trial.number % 6 == 5 for trial in trials if trial.params and trial.state.name == "FAIL")
    points = [tuple(trial.params.items()) for trial in trials if trial.state.name == "COMPLETE"]
    assert len(points) == len(set(points)), "no point is measured twice"
    record = Record.read(tmp_path / "search")
    assert [job.number for job in record.jobs] == [trial.number for trial in trials if trial.params]
    assert record.ended
    ran = Counter(int(number) for number in note.read_text().split())
    assert set(ran) == {trial.number for trial in trials if trial.state.name == "COMPLETE"}
    assert all(times <= 1 + cut_off[number] for number, times in ran.items()), "what had come to its end is run again"


def _cut_off(search: Path) -> list[int]:
    """The trials that a kill has cut off, none of which is running a moment later."""
    until = time.monotonic() + 10
    while "running" in (states := {int(home.name): truth(home) for home in search.glob("[0-9]*")}).values():
        assert time.monotonic() < until, "a trial outlives its search"
        time.sleep(0.02)
    return [number for number, state in states.items() if state == "killed"]


def _trials(path: Path) -> list[Any]:
    study: Any = locate("optuna.load_study")(study_name="search", storage=f"sqlite:///{path}")
    found: list[Any] = study.trials
    return found
