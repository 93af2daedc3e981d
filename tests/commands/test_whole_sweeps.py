"""A sweep is reviewed whole before its first job, and each mistake is said once, however many points have it."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from command_tables import answer

from project.config import ConfigError
from project.config.command import arguments, reviews
from project.config.launch import Rehearsal, refuse_wrong_jobs

GRID = "-m 'seed=range(4)' optimizer=adam,adamm,sgd,sdg mode=max,maximum"


def mistakes(line: str) -> list[str]:
    """The place of each mistake of a sweep, and what was probably meant."""
    with pytest.raises(ConfigError) as caught:
        refuse_wrong_jobs(shlex.split(line))
    return sorted(f"{problem.path}: {problem.hint.splitlines()[0]}" for problem in caught.value.problems)


def points(line: str) -> int:
    return len(reviews(arguments(shlex.split(line)))[0])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_all_mistakes_of_a_grid_are_said_once_before_the_first_job(tmp_path: Path) -> None:
    assert points(GRID) == 32
    assert mistakes(GRID) == [
        "callbacks.checkpoint.mode: Did you mean 'max'?",
        "mode: Did you mean 'max'?",
        "optimizer: Did you mean 'adam'?",
        "optimizer: Did you mean 'sgd'?",
    ]
    assert not list(tmp_path.iterdir())


def test_the_one_bad_point_is_found_though_it_is_the_last(tmp_path: Path) -> None:
    said = answer("-m model.beeg_factor=1,2,3,4,5,6,7,8,9,1o")
    assert "model.beeg_factor:" in said
    assert "1o" in said
    assert "job 9 of 10" in said
    assert not list(tmp_path.iterdir())


def test_a_mistake_of_every_point_names_no_point() -> None:
    said = answer("-m seed=1,2,3 trainer.max_epoch=3")
    assert said.count("trainer.max_epoch:") == 1
    assert " of 3" not in said


def test_different_mistakes_at_one_place_are_all_named() -> None:
    said = answer("-m 'optimizer.betas=[0.9],[0.9,0.95],[a,b],[0.9,0.99,0.999]'")
    assert said.count("optimizer.betas:") == 3
    assert all(value in said for value in ("(0.9,) is", "('a', 'b') is", "(0.9, 0.99, 0.999) is"))


def test_jobs_of_which_the_preflight_says_the_same_are_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    def of_the_model(config: Any) -> Rehearsal:
        return Rehearsal((), f"preflight: {config.model.beeg_factor}")

    refuse_wrong_jobs(["-m", "model.beeg_factor=1,2", "scheduler=linear,cosine"], of_the_model)
    assert capsys.readouterr().err.splitlines() == ["preflight: 1", "preflight: 2"]
