"""What is shown of a sweep while it runs."""

import io
import json
import os
import platform
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_sweeps import ENDED, TRACEBACK, asked, begun, finished, logged, record
from rich.console import Console

from project.console import plain
from project.status import Status
from project.sweeps import live
from project.sweeps.live import Live, drawn, remaining
from project.sweeps.record import Record
from project.sweeps.sweep import read

JOBS = [asked(number, f"model=m{number}", "optimizer.lr=0.1") for number in range(4)]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """The record of a sweep that this process runs, with one job of an earlier start."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(live, "PERIOD_S", 0.0)
    monkeypatch.setattr(live, "monotonic", lambda: 0.0)  # a look is due whenever it is asked for
    made = replace(record(*JOBS, ended=None), hostname=platform.node(), pid=os.getpid(), started=now())
    made.write(Path("sweep"))
    finished(Path("sweep"), JOBS[0], 0.75)
    return made


def now() -> str:
    return datetime.now(UTC).isoformat()


def begin(number: int) -> Path:
    """A job that this process is at."""
    home = begun(Path("sweep"), JOBS[number])
    Status("running", now(), None, "", "", platform.node(), os.getpid()).write(home)
    return home


def fail(home: Path) -> None:
    error = TRACEBACK.splitlines()[-1]
    said = json.loads((home / "status.json").read_text())
    Status(**said | {"state": "failed", "ended": ENDED, "error": error}).write(home)


def events(shown: Live) -> Iterator[None]:
    """One job fails and another finishes, each seen as it happens."""
    first = begin(1)
    shown.tick()
    yield
    fail(first)
    begin(2)
    shown.tick()
    yield
    second = Path("sweep/2")
    (second / "results.json").write_text(json.dumps({"monitor": "val/accuracy", "value": 0.875, "seconds": 3.0}))
    Status(**json.loads((second / "status.json").read_text()) | {"state": "finished", "ended": now()}).write(second)
    shown.tick()
    yield


def test_where_there_is_no_terminal_each_job_is_told_when_it_begins_and_when_it_ends(
    running: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Live(Console(file=io.StringIO()))
    shown.begin(running, "sweep")
    for _ in events(shown):
        shown.tick()  # nothing has happened since
    begins, fails, begins_too, ends = [line.partition("  (")[0] for line in capsys.readouterr().out.splitlines()]
    assert begins == "job 1 begins: model=m1 optimizer.lr=0.1"
    assert begins_too == "job 2 begins: model=m2 optimizer.lr=0.1"
    assert fails.startswith("job 1 failed in ")
    assert fails.endswith(f", {TRACEBACK.splitlines()[-1]}: model=m1 optimizer.lr=0.1")
    assert ends == "job 2 finished in 3.0 s, val/accuracy 0.8750: model=m2 optimizer.lr=0.1"


def test_a_search_that_has_no_trials_yet_is_drawn(running: Record) -> None:
    replace(running, jobs=()).write(Path("sweep"))
    assert plain(drawn(read("sweep"), 30, 80), 80).splitlines()[1].split()[:2] == ["job", "model"]


def test_a_sweep_of_one_job_names_no_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = Live(Console(file=io.StringIO()))
    shown.begin(replace(record(JOBS[1], swept=(), ended=None), hostname=platform.node(), pid=os.getpid()), "sweep")
    begin(1)
    shown.end()
    assert capsys.readouterr().out.splitlines()[0] == "job 1 begins"


def test_at_its_end_the_table_is_shown(running: Record, capsys: pytest.CaptureFixture[str]) -> None:
    shown = Live(Console(file=io.StringIO()))
    shown.begin(running, "sweep")
    replace(running, ended=now()).write(Path("sweep"))
    shown.end()
    assert capsys.readouterr().out.splitlines()[0] == "sweep  1 finished  3 not begun"


def test_a_terminal_is_drawn_on_only_when_asked_to_and_by_no_thread(running: Record) -> None:
    terminal = io.StringIO()
    shown = Live(Console(file=terminal, force_terminal=True, width=100, height=30))
    threads = threading.active_count()
    shown.begin(running, "sweep")
    lengths = [len(terminal.getvalue()), *(len(terminal.getvalue()) for _ in events(shown))]
    assert threading.active_count() == threads
    assert lengths == sorted(set(lengths))
    shown.end()
    assert terminal.getvalue().endswith("\x1b[2K"), "what was drawn is taken away"


@pytest.mark.usefixtures("running")
def test_a_row_says_where_a_job_is() -> None:
    home = begin(1)
    (home / "train.log").write_text("[2026-11-23 18:54:45,123][project][INFO] - epoch 2/9  train/loss 0.5\n")
    logged(home, {"val/accuracy": [0.25, 0.5]})
    rows = [line.split() for line in plain(drawn(read("sweep"), 30, 120)).splitlines()]
    assert rows[2][:5] == ["0", "m0", "0.1", "0.7500", "12.2"]
    assert rows[3][:4] == ["1", "m1", "0.1", "(0.5000)"]
    assert rows[3][-5:] == ["running", "epoch", "2/9", "train/loss", "0.5"]
    assert rows[4] == ["2", "m2", "0.1", "waiting"]
    assert rows[6][:5] == ["best", "val/accuracy", "0.7500", "of", "job"]


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (45, ["job", "model", "opti…", "val/a…", "time", "state"]),
        (70, ["job", "model", "optimizer.lr", "val/accuracy", "time", "state"]),
    ],
)
def test_what_a_job_says_takes_no_column_away_and_a_name_only_what_is_left(columns: int, names: list[str]) -> None:
    home = begin(1)
    (home / "train.log").write_text(f"[2026-11-23 18:54:45,123][project][INFO] - epoch 2/9  {'train/loss 0.5  ' * 9}\n")
    lines = plain(drawn(read("sweep"), 30, columns), columns).splitlines()
    assert lines[1].split() == names
    assert lines[3].split()[:3] == ["1", "m1", "0.1"]
    assert "running" in lines[3]


@pytest.mark.usefixtures("running")
def test_a_table_that_is_too_high_keeps_the_jobs_that_run() -> None:
    begin(3)
    text = plain(drawn(read("sweep"), 6, 120))
    assert [line.split()[0] for line in text.splitlines()[2:4]] == ["3", "and"]
    assert "and 3 more" in text


@pytest.mark.usefixtures("running")
def test_what_is_left_is_told_from_what_the_others_took() -> None:
    assert remaining(read("sweep")) == pytest.approx(3 * 12.25)
    begin(1)
    begin(2)
    assert remaining(read("sweep")) == pytest.approx((12.25 + 2 * 12.25) / 2, abs=3)


def test_nothing_is_known_to_be_left_before_a_job_has_finished(tmp_path: Path) -> None:
    record(asked(0, "x=1"), swept=("x",)).write(tmp_path)
    assert remaining(read(tmp_path)) is None
