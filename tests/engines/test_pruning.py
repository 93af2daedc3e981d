"""A hopeless trial of a search is given up, in whichever process it runs, and is told as what it is."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra.core.utils import JobReturn, JobStatus
from in_process import SMALL, run

from project import status
from project.config.search import Search
from project.config.signature import locate
from project.config.trials import left, outcome
from project.study import Place, hopeless

GOOD = 6
"""Trials that reached 0.999 at each of two validations: enough for a median."""


NOW = "2026-11-29T20:00:00+00:00"


def returned(value: float) -> JobReturn:
    """What a launcher returns for a job that has a value."""
    return JobReturn(_return_value=value, status=JobStatus.COMPLETED)


def a_study(file: Path) -> tuple[Any, Place]:
    """A study with good trials, and one that has just begun."""
    study = Search(pruner="median", study=str(file)).study(file.parent, {"val/accuracy": "max"}, {})
    create: Callable[..., Any] = locate("optuna.trial.create_trial")
    for _ in range(GOOD):
        study.add_trial(create(value=0.999, intermediate_values={1: 0.999, 2: 0.999}))
    return study, Place(str(file), study.ask().number, "median")


@pytest.mark.parametrize(("value", "given_up"), [(0.1, True), (1.0, False)])
def test_a_trial_far_below_the_others_is_hopeless_and_one_above_is_not(
    value: float, given_up: bool, tmp_path: Path
) -> None:
    study, place = a_study(tmp_path / "study.db")
    assert hopeless(place, 1, value) is given_up
    assert study.trials[place.number].intermediate_values == {1: value}


def test_a_trial_that_goes_on_reports_no_step_twice_and_is_not_judged_by_its_earlier_try(tmp_path: Path) -> None:
    study, place = a_study(tmp_path / "study.db")
    assert hopeless(place, 2, 0.1) is True
    assert hopeless(place, 1, 0.2) is False
    assert hopeless(place, 2, 0.3) is False
    assert study.trials[place.number].intermediate_values == {2: 0.1}


def test_what_has_ended_is_not_given_up(tmp_path: Path) -> None:
    study, place = a_study(tmp_path / "study.db")
    study.tell(place.number, 1.0)
    assert hopeless(place, 1, 0.1) is False


def test_a_run_that_is_a_trial_stops_where_it_is_hopeless_and_says_why(tmp_path: Path) -> None:
    study, place = a_study(tmp_path / "study.db")
    place.write(tmp_path / "trial")
    found = run(tmp_path, *SMALL, "trainer.max_epochs=3", "hydra.run.dir=trial")
    ended = status.read(found)
    assert ended
    assert ended.truth == "pruned"
    assert "at validation 1 was hopeless to the pruner 'median'" in ended.error
    results = json.loads((found / "results.json").read_text())
    assert (results["epochs"], results["test"]) == (1, {})
    assert list(study.trials[place.number].intermediate_values) == [1]


def test_a_run_that_is_no_trial_imports_no_optuna(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    ended = status.read(run(tmp_path, *SMALL))
    assert ended
    assert ended.truth == "finished"


def told(directory: Path, state: status.State, error: str = "") -> None:
    status.Status(state, NOW, NOW, error, "", "here", 1).write(directory)


def test_an_outcome_is_what_this_try_says(tmp_path: Path) -> None:
    told(tmp_path, "pruned", "hopeless")
    raised = JobReturn(_return_value=RuntimeError("planted"), status=JobStatus.FAILED)
    assert outcome(returned(0.5), tmp_path, ()) == ("PRUNED", None, "hopeless")
    assert outcome(raised, tmp_path, ()) == ("FAIL", None, "RuntimeError: planted")
    told(tmp_path, "finished")
    assert outcome(returned(0.5), tmp_path, ()) == ("COMPLETE", (0.5,), "")
    assert outcome(returned(float("nan")), tmp_path, ()).state == "FAIL"


def test_a_trial_that_has_failed_is_told_by_its_search_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = JobReturn(overrides=["seed=1"], status=JobStatus.FAILED, _return_value=RuntimeError("planted"))
    assert outcome(done, tmp_path, ()).reason == "RuntimeError: planted"
    assert capsys.readouterr() == ("", "")


def test_what_ended_before_its_search_was_killed_is_told_from_its_directory(tmp_path: Path) -> None:
    assert left(tmp_path, ()) is None
    told(tmp_path, "running")
    assert left(tmp_path, ()) is None
    told(tmp_path, "failed", "ValueError: planted")
    assert left(tmp_path, ()) == ("FAIL", None, "ValueError: planted")
    (tmp_path / "results.json").write_text(json.dumps({"value": 0.5}))
    told(tmp_path, "pruned", "hopeless")
    assert left(tmp_path, ()) == ("PRUNED", None, "hopeless")
    told(tmp_path, "finished")
    assert left(tmp_path, ()) == ("COMPLETE", (0.5,), "")


def test_a_job_around_a_run_that_was_pruned_leaves_what_that_says(tmp_path: Path) -> None:
    with status.recorded(tmp_path), status.recorded(tmp_path, lambda: "hopeless"):
        pass
    found = status.read(tmp_path)
    assert found
    assert (found.state, found.error) == ("pruned", "hopeless")


def test_objectives_are_read_from_the_results(tmp_path: Path) -> None:
    results = {"monitor": "val/accuracy", "value": 0.9, "validation": {"val/accuracy": 0.8}, "test": {"test/loss": 2.0}}
    (tmp_path / "results.json").write_text(json.dumps(results | {"seconds": 3.0}))
    done = returned(0.9)
    assert outcome(done, tmp_path, ("val/accuracy", "test/loss", "seconds")).values == (0.9, 2.0, 3.0)
    wrong = outcome(done, tmp_path, ("val/acuracy",))
    assert (wrong.state, wrong.reason) == (
        "FAIL",
        "LookupError: its results have no val/acuracy. Did you mean 'val/accuracy'?",
    )
