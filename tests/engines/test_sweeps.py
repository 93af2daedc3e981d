"""A sweep goes on where it was cut off, and no job ends another one."""

import json
import multiprocessing
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
import pytest
from in_process import as_a_new_process

from configs import Config
from project import status
from project.config.hydras import VERSION_BASE
from project.config.launch import Rehearsal, launch
from project.sweeps.jobs import locked, truth
from project.sweeps.plan import new
from project.sweeps.record import Record

NOTES = "notes.txt"
"""The seeds of the jobs that have run."""
OTHER_CODE = {"commit": "0" * 40, "branch": "main"}

_failing: dict[int, Callable[[], float]] = {}
"""What the jobs of some seeds do instead."""


@hydra.main(config_name="config", config_path=None, **VERSION_BASE)
def job(config: Config) -> float:
    with Path(NOTES).open("a") as notes:
        notes.write(f"{config.seed}\n")
    return _failing[config.seed]() if config.seed in _failing else float(config.seed)


@contextmanager
def failing(*seeds: int, how: Callable[[], float] | None = None) -> Generator[None]:
    """Within it, the jobs of these seeds fail."""
    _failing.update(dict.fromkeys(seeds, how or _raise))
    try:
        yield
    finally:
        _failing.clear()


def _raise() -> float:
    raise RuntimeError("planted")


def _no_number() -> float:
    return float("nan")


def _exit() -> float:
    sys.exit(0)


def _memory() -> float:
    return float(len(bytearray(2**62)))


@pytest.fixture
def sweep(tmp_path: Path) -> Callable[..., int]:
    """Types a line in an empty directory, and returns its exit status."""

    def typed(*line: str) -> int:
        with as_a_new_process(tmp_path, (*line, "preflight=false")):
            try:
                launch(job, lambda _: Rehearsal((), ""))
            except SystemExit as end:
                return int(end.code or 0)
        return 0

    return typed


def ran(directory: Path) -> list[int]:
    """The seeds of the jobs that have run, in order."""
    return [int(note) for note in (directory / NOTES).read_text().split()]


def only(directory: Path) -> Path:
    """The one sweep that there is."""
    [file] = directory.glob("multirun/*/*/sweep.json")
    return file.parent


def begun_with(directory: Path, **code: Any) -> None:
    """Have a job's directory say that it ran other code."""
    (directory / "provenance.json").write_text(json.dumps({"code": code}))


def test_the_same_line_again_runs_what_has_not_finished(sweep: Callable[..., int], tmp_path: Path) -> None:
    with failing(2):
        assert sweep("-m", "seed=1,2,3") == 1
    assert sweep("-m", "seed=1,2,3") == 0
    assert ran(tmp_path) == [1, 2, 3, 2]
    assert sweep("-m", "seed=1,2,3") == 0
    assert ran(tmp_path) == [1, 2, 3, 2]


def test_a_job_that_failed_says_why_and_its_try_is_kept(sweep: Callable[..., int], tmp_path: Path) -> None:
    with failing(2):
        sweep("-m", "seed=1,2")
        sweep("-m", "seed=1,2")
    homes = [only(tmp_path) / name for name in ("1", "1.1")]
    found = [status.read(home) for home in homes]
    assert [one is not None and one.error for one in found] == ["RuntimeError: planted"] * 2
    assert all(one is not None and "in _raise" in one.traceback for one in found)
    assert [job.tries for job in Record.read(only(tmp_path)).jobs] == [1, 2]


def test_a_wider_grid_takes_the_old_jobs_over(sweep: Callable[..., int], tmp_path: Path) -> None:
    sweep("-m", "seed=3,1", "trainer.max_epochs=5")
    assert sweep("-m", "trainer.max_epochs=5,6", "seed=1,2,3") == 0
    assert ran(tmp_path) == [3, 1, 2, 1, 2, 3]
    assert [job.number for job in Record.read(only(tmp_path)).jobs] == list(range(6))


def test_a_new_axis_that_has_the_old_value_on_it_takes_the_old_jobs_over(
    sweep: Callable[..., int], tmp_path: Path
) -> None:
    sweep("-m", "seed=3,1")
    assert sweep("-m", "trainer.max_epochs=10,5", "seed=3,1") == 0
    assert ran(tmp_path) == [3, 1, 3, 1]
    assert [job.number for job in Record.read(only(tmp_path)).jobs] == list(range(4))


def test_another_grid_and_one_that_is_asked_to_be_new_begin_elsewhere(
    sweep: Callable[..., int], tmp_path: Path
) -> None:
    for line in (["seed=1,2"], ["seed=2,3"], ["seed=2,3", "sweep=new"]):
        assert sweep("-m", *line) == 0
    assert ran(tmp_path) == [1, 2, 2, 3, 2, 3]
    assert len(list(tmp_path.glob("multirun/*/*/sweep.json"))) == 3


@pytest.mark.parametrize("named", ["sweep=mine", "hydra.sweep.dir=mine"])
def test_a_sweep_that_is_named_goes_on_with_any_grid(named: str, sweep: Callable[..., int], tmp_path: Path) -> None:
    sweep("-m", "seed=1,2", "hydra.sweep.dir=mine")
    assert sweep("-m", "seed=2,3", named) == 0
    assert ran(tmp_path) == [1, 2, 3]
    assert [job.asked for job in Record.read(tmp_path / "mine").jobs] == [False, True, True]


def test_a_sweep_that_is_named_alone_stands_for_its_own_grid(sweep: Callable[..., int], tmp_path: Path) -> None:
    with failing(2):
        sweep("-m", "seed=1,2", "hydra.sweep.dir=mine")
    assert sweep("sweep=mine") == 0
    assert sweep("-m", "sweep=mine", "resume=anyway") == 0
    assert ran(tmp_path) == [1, 2, 2]


def test_a_sweep_that_is_named_with_other_settings_of_how_it_runs_stands_for_its_own_grid(
    sweep: Callable[..., int], tmp_path: Path
) -> None:
    with failing(2, 3):
        sweep("-m", "seed=1,2,3", "hydra.sweep.dir=mine", "hydra.sweeper.on_failure=stop", "hydra.sweeper.retries=0")
        assert sweep("sweep=mine", "hydra.sweeper.on_failure=continue", "hydra.sweeper.retries=1") == 1
    assert ran(tmp_path) == [1, 2, 2, 3, 2, 3]


def test_a_directory_that_is_no_sweeps_is_refused(
    sweep: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep("-m", "seed=1,2")
    assert sweep("-m", "sweep=multirun") == 2
    ours = only(tmp_path).relative_to(tmp_path)
    assert f"Sweeps below it: {ours}" in capsys.readouterr().err
    assert sweep("-m", f"sweep={ours}/0") == 2
    assert f"It is a job's. Did you mean '{ours}'?" in capsys.readouterr().err
    assert sweep("-m", "sweep=nowhere") == 2
    assert "sweep: there is no directory 'nowhere'" in capsys.readouterr().err


def test_a_config_that_has_changed_is_refused_with_what_has(
    sweep: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep("-m", "seed=1,2")
    home = only(tmp_path)
    record = Record.read(home)
    (home / "sweep.json").write_text((home / "sweep.json").read_text().replace(record.jobs[1].identity, "0" * 64))
    config = home / "1" / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("max_epochs: 10", "max_epochs: 9"))
    assert sweep("-m", "seed=1,2,3") == 2
    assert "trainer.max_epochs: 9 -> 10 (job 1)" in capsys.readouterr().err
    assert sweep("-m", "seed=1,2,3", "resume=anyway") == 0
    assert ran(tmp_path) == [1, 2, 3]


def test_code_that_has_changed_is_refused_but_for_what_failed(
    sweep: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with failing(2):
        sweep("-m", "seed=1,2")
    begun_with(only(tmp_path) / "1", **OTHER_CODE)
    assert sweep("-m", "seed=1,2") == 0, "it begins anew"
    begun_with(only(tmp_path) / "0", **OTHER_CODE)
    assert sweep("-m", "seed=1,2") == 2
    assert "code: commit 000000000000 -> " in capsys.readouterr().err


def test_a_sweep_that_is_to_stop_begins_no_job_after_one_that_fails(sweep: Callable[..., int], tmp_path: Path) -> None:
    with failing(2):
        assert sweep("-m", "seed=1,2,3", "hydra.sweeper.on_failure=stop") == 1
    assert ran(tmp_path) == [1, 2]
    assert truth(only(tmp_path) / "2") == "waiting"
    assert sweep("-m", "seed=1,2,3") == 0


def test_a_job_that_fails_is_begun_anew_as_often_as_it_may(sweep: Callable[..., int], tmp_path: Path) -> None:
    with failing(2):
        assert sweep("-m", "seed=1,2,3", "hydra.sweeper.retries=2") == 1
    assert ran(tmp_path) == [1, 2, 3, 2, 2]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (_no_number, "no number (NaN)"),
        (_exit, "SystemExit: 0"),
        (_memory, "MemoryError"),
    ],
    ids=["nan", "exit", "memory"],
)
def test_whatever_a_job_does_the_others_are_run(
    how: Callable[[], float], said: str, sweep: Callable[..., int], tmp_path: Path
) -> None:
    with failing(1, how=how):
        assert sweep("-m", "seed=1,2") == 1
    assert ran(tmp_path) == [1, 2]
    found = status.read(only(tmp_path) / "0")
    assert found is not None
    assert said in found.error


def _hold(directory: Path, said: Any) -> None:
    with locked(directory):
        said.send(None)
        said.recv()


def test_a_sweep_that_another_process_runs_is_refused(
    sweep: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep("-m", "seed=1,2")
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    holder = fork.Process(target=_hold, args=(only(tmp_path), theirs))
    holder.start()
    ours.recv()
    assert sweep("-m", "seed=1,2") == 2
    assert f"is being run by process {holder.pid} on " in capsys.readouterr().err
    holder.kill()
    holder.join()
    ours.close()
    assert sweep("-m", "seed=1,2") == 0


def test_sweeps_that_begin_at_the_same_time_have_different_directories(tmp_path: Path) -> None:
    assert [new(tmp_path / "a" / "b").name for _ in range(3)] == ["b", "b-1", "b-2"]


SEARCH = "-m", "hydra/sweeper=optuna", "seed=range(1,1000)"


def trials(directory: Path) -> list[int]:
    """How many trials each search has."""
    return [len(Record.read(file.parent).jobs) for file in sorted(directory.glob("multirun/*/*/sweep.json"))]


def test_the_same_search_again_goes_on_until_it_has_its_trials(sweep: Callable[..., int], tmp_path: Path) -> None:
    for number in (2, 2, 3):
        assert sweep(*SEARCH, f"hydra.sweeper.n_trials={number}") == 0
    assert trials(tmp_path) == [3]
    assert len(ran(tmp_path)) == len(set(ran(tmp_path))) == 3


def test_another_search_and_one_that_is_asked_to_be_new_begin_elsewhere(
    sweep: Callable[..., int], tmp_path: Path
) -> None:
    for more in ([], ["trainer.max_epochs=7"], ["sweep=new"]):
        assert sweep(*SEARCH, "hydra.sweeper.n_trials=1", *more) == 0
    assert trials(tmp_path) == [1, 1, 1]


def test_a_search_whose_config_has_changed_is_refused_with_what_has(
    sweep: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(*SEARCH, "hydra.sweeper.n_trials=1") == 0
    home = only(tmp_path)
    known = Record.read(home).jobs[0].identity
    (home / "sweep.json").write_text((home / "sweep.json").read_text().replace(known, "0" * 64))
    config = home / "0" / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("max_epochs: 10", "max_epochs: 9"))
    assert sweep(*SEARCH, "hydra.sweeper.n_trials=2") == 2
    assert "trainer.max_epochs: 9 -> 10 (job 0)" in capsys.readouterr().err
    assert sweep(*SEARCH, "hydra.sweeper.n_trials=2", "resume=anyway") == 0
    assert trials(tmp_path) == [2]
