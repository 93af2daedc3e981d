"""The same sweep as a table, as Markdown, as CSV and as JSON."""

import csv
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sweeps import asked, begun, failed, finished, large, record, small

from project.console import plain
from project.sweeps.formats import as_csv, as_json, as_markdown
from project.sweeps.importance import importance
from project.sweeps.page import as_html
from project.sweeps.sweep import Sweep, read
from project.sweeps.table import table

GOLDEN = Path(__file__).parent
Compare = Callable[[Path, str], None]


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    monkeypatch.chdir(tmp_path)
    small(Path("multirun/lr"))
    return read("multirun/lr")


def test_the_table(sweep: Sweep, golden: Compare) -> None:
    golden(GOLDEN / "small.txt", f"{plain(table(sweep))}\n")


def test_on_a_narrow_terminal_the_paths_are_left_out_and_no_value_is_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    directory = Path("multirun/2026-11-30/15-38-58-482257")
    jobs = [asked(number, "optimizer.lr=0.001") for number in range(2)]
    record(*jobs, swept=("optimizer.lr",)).write(directory)
    finished(directory, jobs[0], 0.75)
    begun(directory, jobs[1], "interrupted", "SIGINT")
    wide, narrow = (plain(table(read(directory)), columns) for columns in (100, 80))
    names = ["job", "optimizer.lr", "val/accuracy", "time", "state"]
    assert wide.splitlines()[1].split() == [*names, "path"]
    assert wide.splitlines()[2].endswith(f"{directory}/0")
    assert narrow.splitlines()[1].split() == names
    assert narrow.splitlines()[3].split() == ["1", "0.001", "45.0", "s", "interrupted:", "SIGINT"]


def test_markdown(sweep: Sweep, golden: Compare) -> None:
    golden(GOLDEN / "small.md", as_markdown(sweep))


def test_csv(sweep: Sweep, golden: Compare) -> None:
    golden(GOLDEN / "small.csv", as_csv(sweep))


def test_json_says_what_the_table_says_and_more(sweep: Sweep) -> None:
    found = json.loads(as_json(sweep))
    assert (found["best"], found["monitor"], found["counts"]["finished"]) == ("3", "val/accuracy", 3)
    assert [job["job"] for job in found["jobs"]] == ["3", "1", "0", "4", "5", "2"]
    assert found["jobs"][0]["values"] == {"model": "vit", "optimizer.lr": "0.001", "seed": "1"}
    assert found["jobs"][-1]["traceback"].startswith("Traceback")
    [group] = found["seeds"]
    assert (group["n"], group["jobs"], round(group["mean"], 4)) == (2, ["1", "0"], 0.8775)


@pytest.fixture
def front(tmp_path: Path) -> Sweep:
    """What a search for two objectives found: three trials on the front, one that is beaten, and one that failed."""
    jobs = [asked(number, f"model.k={number}") for number in range(5)]
    goals: dict[str, Literal["min", "max"]] = {"val/accuracy": "max", "test/loss": "min"}
    replace(record(*jobs, swept=("model.k",)), objectives=goals).write(tmp_path)
    for job, value, loss in zip(jobs, (0.9, 0.7, 0.8, 0.85), (0.5, 0.1, 0.4, 0.2), strict=False):
        finished(tmp_path, job, value, loss=loss, accuracy=value - 0.01)
    failed(tmp_path, jobs[4])
    return read(tmp_path)


def test_a_search_for_several_objectives_has_its_pareto_front_first_and_marked(front: Sweep) -> None:
    assert [job.name for job in front.ranked] == ["0", "3", "1", "2", "4"]
    headings, *rows = (line.split() for line in plain(table(front), 10_000).splitlines()[1:])
    assert headings[:4] == ["job", "model.k", "val/accuracy", "test/loss"]
    assert [row[:5] for row in rows[:3]] == [
        ["0", "*", "0", "0.9000", "0.5000"],
        ["3", "*", "3", "0.8500", "0.2000"],
        ["1", "*", "1", "0.7000", "0.1000"],
    ]
    assert rows[3][:4] == ["2", "2", "0.8000", "0.4000"]
    assert rows[-1][:3] == ["*", "Pareto", "front:"]


def test_every_format_tells_the_objectives_and_the_pareto_front(front: Sweep) -> None:
    found = json.loads(as_json(front))
    assert (found["objectives"], found["front"]) == ({"val/accuracy": "max", "test/loss": "min"}, ["0", "3", "1"])
    rows = list(csv.DictReader(io.StringIO(as_csv(front))))
    assert [(row["job"], row["test/loss"], row["front"]) for row in rows[2:4]] == [
        ("1", "0.1", "True"),
        ("2", "0.4", "False"),
    ]
    assert "| 0 \\* | 0       | 0.9000       | 0.5000    |" in as_markdown(front)
    assert '<td>0 *</td><td data-sort="0">0</td><td class="number" data-sort="0.9">0.9000</td>' in as_html(front)


def test_a_single_objective_is_the_value_that_is_shown(tmp_path: Path) -> None:
    job = asked(0, "model.k=1", monitor="seconds", mode="min")
    record(job, swept=("model.k",)).write(tmp_path)
    home = finished(tmp_path, job, 0.5)
    results = json.loads((home / "results.json").read_text()) | {"monitor": "val/accuracy"}
    (home / "results.json").write_text(json.dumps(results))
    [found] = read(tmp_path).jobs
    assert (found.monitor, found.value) == ("seconds", 12.25)


def test_a_number_that_a_search_has_drawn_is_shown_in_a_few_digits_and_written_in_all(tmp_path: Path) -> None:
    job = asked(0, "optimizer.lr=0.0015676677195506068", "model.k=12345678", "x=1e-05")
    record(job, swept=("optimizer.lr", "model.k", "x")).write(tmp_path)
    finished(tmp_path, job, 0.5)
    sweep = read(tmp_path)
    for text in (plain(table(sweep), 10_000), as_markdown(sweep)):
        assert [word for word in text.splitlines()[2].split() if word != "|"][1:4] == ["0.001568", "12345678", "1e-05"]
    assert ",0.0015676677195506068,12345678,1e-05," in as_csv(sweep)


def test_jobs_that_are_judged_by_different_values_are_ranked_apart(tmp_path: Path) -> None:
    jobs = [
        asked(0, "experiment=rotation", "seed=1", mode="min", monitor="val/mae"),
        asked(1, "experiment=footwear", "seed=1", monitor="val/auroc"),
        asked(2, "experiment=rotation", "seed=2", mode="min", monitor="val/mae"),
    ]
    record(*jobs, swept=("experiment", "seed")).write(tmp_path)
    for job, value in zip(jobs, (9.0, 0.7, 8.0), strict=True):
        finished(tmp_path, job, value)
    sweep = read(tmp_path)
    assert [job.name for job in sweep.ranked] == ["2", "0", "1"]
    assert "val/auroc 0.7000" in plain(table(sweep))
    assert importance(sweep) == {}


def test_the_parameter_that_mattered_explains_the_most(tmp_path: Path) -> None:
    shares = importance(read(large(tmp_path, epochs=2)))
    assert next(iter(shares)) == "optimizer.lr"
    assert shares["optimizer.lr"] > 0.5 > shares["model"] > shares["seed"] == 0


def test_a_parameter_that_takes_another_value_in_every_job_explains_nothing_by_that(tmp_path: Path) -> None:
    jobs = [asked(number, f"model=m{number}", f"lr=0.{number:02}") for number in range(40)]
    record(*jobs, swept=("model", "lr")).write(tmp_path)
    for job in jobs:
        finished(tmp_path, job, job.number * 7 % 40 / 40)
    assert importance(read(tmp_path)) == {"lr": pytest.approx(0, abs=0.1)}


VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
ENDS = st.sampled_from(["finished", "finished", "no value", "failed", "interrupted", "waiting"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, st.integers(1, 3), ENDS), min_size=1, max_size=8))
def test_every_job_asked_for_is_in_every_format_exactly_once(points: list[tuple[str, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        jobs = [asked(number, f"x={value}", f"seed={seed}") for number, (value, seed, _) in enumerate(points)]
        record(*jobs, swept=("x", "seed")).write(directory)
        for job, (_, _, end) in zip(jobs, points, strict=True):
            if end in {"finished", "no value"}:
                finished(directory, job, 0.5 if end == "finished" else None)
            elif end == "failed":
                failed(directory, job)
            elif end == "interrupted":
                begun(directory, job, end, "SIGINT")
        sweep = read(directory)
        names = [str(job.number) for job in jobs]
        assert sorted(row["job"] for row in csv.DictReader(io.StringIO(as_csv(sweep)))) == sorted(names)
        assert sorted(job["job"] for job in json.loads(as_json(sweep))["jobs"]) == sorted(names)
        lines = as_markdown(sweep).partition("\n\n")[0].splitlines()[2:]
        assert sorted(line.split()[1] for line in lines) == sorted(names)
        page, text = as_html(sweep), plain(table(sweep), width=10_000)
        for name in names:
            assert page.count(f'<tr data-job="{name}">') == 1
            assert sum(line.endswith(f"{directory}/{name}") for line in text.splitlines()) == 1
