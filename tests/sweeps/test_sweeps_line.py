"""`python -m project.sweeps`: what a user types, and what is answered."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import SMALL, run
from made_sweeps import TRACEBACK, asked, begun, failed, finished, record, small
from pages import LINES, Line

from project.sweeps.__main__ import main
from project.sweeps.record import NAME
from project.sweeps.sweep import read

LR = "multirun/2026-11-23/lr"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a sweep, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return small(Path(LR))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(words)
    return capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_a_directory_is_answered_with_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, LR).splitlines()
    assert lines[0].startswith(f"{LR}  3 finished")
    assert lines[7].endswith(f"failed: {TRACEBACK.splitlines()[-1]}  {LR}/2"), "a job is a line where there is a pipe"


@pytest.mark.usefixtures("here")
def test_without_a_directory_it_is_the_newest_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys) == said(capsys, LR)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("form", "begins"), [("csv", "job,state"), ("json", "{\n"), ("markdown", "| job | model")])
def test_a_format_is_written_to_standard_output_or_to_a_file(
    form: str, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, LR, f"--{form}")
    assert text.startswith(begins)
    assert said(capsys, LR, f"--{form}", "-o", "found.txt") == "found.txt\n"
    assert Path("found.txt").read_text() == text


@pytest.mark.usefixtures("here")
def test_the_page_is_written_beside_the_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, LR, "--html") == f"{LR}/sweep.html\n"
    assert Path(LR, "sweep.html").read_text() == said(capsys, LR, "--html", "-o", "-")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["bset", LR], "no command 'bset'\n    Did you mean 'best'?"),
        (["dif", "a", "b"], "Did you mean 'diff'?"),
        (["multirun/2026-11-24/lr"], "no directory 'multirun/2026-11-24/lr'\n    Did you mean 'multirun/2026-11-23'?"),
        ([f"{LR}/{NAME}"], "is a file; name the directory that it is in"),
        ([LR, "--makrdown"], "unrecognized arguments: --makrdown\n    Did you mean '--markdown'?"),
        ([LR, "--csv", "--html"], "not allowed with argument"),
        ([LR, "--csv", "-o", "nowhere/found.csv"], "\nnowhere/found.csv: No such file or directory\n"),
        (["empty"], "there is no sweep and no run in empty"),
        (["best", "failures"], "no job of failures has finished with a value: 1 failed"),
        (["diff", f"{LR}/0"], "RUN"),
        (["diff", f"{LR}/0", LR], f"{LR} is no run's directory"),
        (["diff", f"{LR}/0", f"{LR}/00"], f"Did you mean '{LR}/0'?"),
    ],
)
def test_a_mistake_is_told_with_status_2(words: list[str], answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    failed(Path("failures"), asked(0, "model=mlp"))
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert answer in f"\n{capsys.readouterr().err}"


def test_where_there_is_no_sweep_at_all_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main([])


def test_a_reader_that_has_seen_enough_is_no_error(here: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "project.sweeps", str(here.absolute()), "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_best_is_repeated_without_what_belongs_to_the_sweep(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = "python train.py datamodule.source=bundled model=vit optimizer.lr=0.001 seed=1\n"
    assert said(capsys, "best", LR) == expected
    shutil.rmtree(here / "3" / ".hydra")
    assert said(capsys, "best", LR) == expected, "from the sweep's own record, too"


def test_what_a_shell_would_take_apart_is_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = asked(0, "callbacks=[checkpoint]", "note='a b;$(rm -rf x)'", "resume=true", "hydra.job.chdir=false")
    record(job, swept=("note",)).write(tmp_path)
    finished(tmp_path, job, 0.5)
    _, _, *words = shlex.split(said(capsys, "best", str(tmp_path)))
    assert words == ["datamodule.source=bundled", "callbacks=[checkpoint]", "note='a b;$(rm -rf x)'"]


def test_two_runs_differ_in_their_configs_and_their_results(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = here / "0" / ".hydra" / "config.yaml"
    config.write_text(
        "model: {hidden_dim: 64, layers: [a, b]}\noptimizer: {lr: 0.001}\nmonitor: val/accuracy\nmode: max\n"
    )
    rows = [line.split() for line in said(capsys, "diff", f"{LR}/0", f"{LR}/1").splitlines()]
    assert ["model.hidden_dim", "64", "256"] in rows
    assert ["model.layers", "['a',", "'b']", "none"] in rows
    assert ["test/accuracy", "0.86", "0.87"] in rows
    assert not any("optimizer.lr" in row for row in rows)


def test_a_run_does_not_differ_from_itself(small_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sections = "config, code, python, hardware, numerics, environment, packages, results"
    assert said(capsys, "diff", str(small_run), str(small_run)).splitlines()[-1] == f"the same: {sections}"


@pytest.mark.usefixtures("here")
def test_a_run_that_left_no_results_can_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    begun(Path("other"), asked(0, "model=mlp"))
    assert "not both have any" in said(capsys, "diff", f"{LR}/0", "other/0")


@pytest.mark.parametrize("line", [line for line in LINES if line.program == "project.sweeps"], ids=str)
def test_what_the_pages_show_is_answered(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small(Path("multirun/2026-11-23/18-54-45"))
    small(Path("outputs/2026-11-23"))
    assert said(capsys, *shlex.split(line.arguments))


def test_a_real_sweep_is_read_and_its_best_job_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [*SMALL, "logger=[csv]", "stages=[fit]"]
    job = run(tmp_path, "-m", *line, "optimizer.lr=1e-2,1e-5", "hydra.sweep.dir=multirun/real")
    told = capsys.readouterr().out
    assert "job 0 finished in " in told
    assert "multirun/real  2 finished\n" in told
    rows = said(capsys, str(job.parent), "--csv").splitlines()
    assert rows[0].startswith("job,state,optimizer.lr,seed,val/accuracy,")
    assert [row.split(",")[1] for row in rows[1:]] == ["finished"] * 2
    _, _, *words = shlex.split(said(capsys, "best", str(job.parent)))
    (tmp_path / "again").mkdir()
    again = read(run(tmp_path / "again", *words))
    assert [found.value for found in again.jobs] == [float(rows[1].split(",")[4])]
