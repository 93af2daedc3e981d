"""What is read of a sweep is what its jobs have left, whatever state they are in."""

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_sweeps import TRACEBACK, asked, begun, finished, logged, record, small

from project.sweeps.files import Files, last_line, last_value
from project.sweeps.record import NAME, Record
from project.sweeps.sweep import read

ROOT = Path(__file__).parents[2]


def test_the_state_of_each_job_is_told(tmp_path: Path) -> None:
    jobs = {job.name: (job.state, job.value, job.reason) for job in read(small(tmp_path)).jobs}
    assert jobs == {
        "0": ("finished", 0.875, ""),
        "1": ("finished", 0.88, ""),
        "2": ("failed", None, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x784 and 100x10)"),
        "3": ("finished", 0.9025, ""),
        "4": ("interrupted", None, "SIGTERM"),
        "5": ("not begun", None, ""),
    }


def test_a_job_is_known_with_its_values_its_seed_its_metrics_and_its_traceback(tmp_path: Path) -> None:
    sweep = read(small(tmp_path))
    assert sweep.jobs[1].values == {"model": "mlp", "optimizer.lr": "0.001", "seed": "2"}
    assert (sweep.jobs[1].seed, sweep.jobs[1].metrics) == (2, {"test/accuracy": 0.87, "test/loss": 0.4})
    assert (sweep.jobs[1].seconds, sweep.jobs[2].seconds) == (12.25, 45.0)
    assert sweep.jobs[2].traceback == TRACEBACK
    assert sweep.monitor == "val/accuracy"


def test_what_has_not_begun_waits_while_its_sweep_runs(tmp_path: Path) -> None:
    here = replace(record(asked(0, "model=mlp"), ended=None), hostname=platform.node(), pid=os.getpid())
    replace(here, started=datetime.now(UTC).isoformat()).write(tmp_path)
    assert [job.state for job in read(tmp_path).jobs] == ["waiting"]
    replace(here, pid=2**22 + 1).write(tmp_path)
    assert [job.state for job in read(tmp_path).jobs] == ["not begun"]


def test_a_job_whose_process_is_gone_was_killed(tmp_path: Path) -> None:
    job = asked(0, "model=mlp")
    record(job).write(tmp_path)
    status = begun(tmp_path, job) / "status.json"
    status.write_text(json.dumps(json.loads(status.read_text()) | {"hostname": platform.node(), "pid": 2**22 + 1}))
    [found] = read(tmp_path).jobs
    assert (found.state, found.seconds) == ("killed", None)
    assert "killed, or out of memory" in found.reason


def test_the_best_is_first_and_the_failed_are_last(tmp_path: Path) -> None:
    assert [job.name for job in read(small(tmp_path)).ranked] == ["3", "1", "0", "4", "5", "2"]


def test_a_smaller_value_is_better_where_the_sweep_says_so(tmp_path: Path) -> None:
    jobs = [asked(number, f"model.k={number}", mode="min", monitor="val/loss") for number in range(3)]
    record(*jobs, swept=("model.k",)).write(tmp_path)
    for job, value in zip(jobs, (0.5, 0.25, None), strict=True):
        finished(tmp_path, job, value)
    sweep = read(tmp_path)
    assert [job.name for job in sweep.ranked] == ["1", "0", "2"]
    assert sweep.best == sweep.jobs[1]


def test_jobs_that_differ_in_nothing_but_their_seed_are_one_group(tmp_path: Path) -> None:
    groups = read(small(tmp_path)).groups
    assert [[job.name for job in group.jobs] for group in groups] == [["3"], ["1", "0"]]
    assert groups[1].mean == pytest.approx(0.8775)
    assert groups[1].deviation == pytest.approx(0.0035355, rel=1e-4)
    assert groups[0].deviation is None


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    found = json.loads((small(tmp_path) / NAME).read_text())
    found["jobs"][0] |= {"more": 1}
    (tmp_path / NAME).write_text(json.dumps(found | {"directions": ["max"]}))
    assert Record.read(tmp_path).jobs[0].overrides == ("model=mlp", "optimizer.lr=0.001", "seed=1")


@pytest.mark.parametrize("content", ["", '{"jobs": [', "[]", '{"jobs": 3}', "{}"])
def test_a_sweep_whose_record_is_lost_or_cut_short_is_read_from_its_jobs(content: str, tmp_path: Path) -> None:
    (small(tmp_path) / NAME).write_text(content)
    sweep = read(tmp_path)
    assert [job.name for job in sweep.ranked] == ["3", "1", "0", "4", "2"]
    assert sweep.swept == ("model", "optimizer.lr", "seed")
    assert sweep.monitor == "val/accuracy"


@pytest.mark.parametrize("name", ["status.json", "results.json", ".hydra/overrides.yaml", ".hydra/config.yaml"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"3", b"\xff\xfe", b'{"value": "high", "test": 3}', b'{"state": 3}']
)
def test_a_file_that_is_half_written_is_no_error(name: str, content: bytes, tmp_path: Path) -> None:
    (small(tmp_path) / "3" / name).write_bytes(content)
    assert len(read(tmp_path).jobs) == 6
    (tmp_path / NAME).unlink()
    assert len(read(tmp_path).jobs) == 5


def test_a_folder_of_runs_is_read_as_if_it_were_a_sweep(tmp_path: Path) -> None:
    for day in ("2026-11-23", "2026-11-24"):
        small(tmp_path / "made")
        shutil.move(tmp_path / "made" / "3", tmp_path / "outputs" / day / "18-54-45")
        shutil.rmtree(tmp_path / "made")
    finished(tmp_path / "outputs" / "2026-11-25", asked(7, "optimizer.lr=0.5"), 0.95)
    sweep = read(tmp_path / "outputs")
    assert [job.name for job in sweep.ranked] == ["2026-11-25/7", "2026-11-23/18-54-45", "2026-11-24/18-54-45"]
    assert sweep.ranked[0].values == {"model": "mlp", "optimizer.lr": "0.5", "seed": ""}  # the option of its defaults


def test_an_earlier_try_is_no_job(tmp_path: Path) -> None:
    shutil.copytree(small(tmp_path) / "2", tmp_path / "2.1")
    (tmp_path / NAME).unlink()
    assert "2.1" not in [job.name for job in read(tmp_path).jobs]


def test_what_a_wider_grid_has_added_is_read_of_the_earlier_jobs_from_their_configs(tmp_path: Path) -> None:
    jobs = [asked(0, "model=vit"), asked(1, "model=vit", "model.hidden_dim=8", "+optimizer.lr=0.5")]
    record(*jobs, swept=("model", "model.hidden_dim", "+optimizer.lr")).write(tmp_path)
    for job in jobs:
        finished(tmp_path, job, 0.5)
    assert [[*job.values.values()] for job in read(tmp_path).jobs] == [["vit", "256", "0.001"], ["vit", "8", "0.5"]]


def test_what_an_earlier_command_line_asked_for_besides_tells_its_jobs_apart(tmp_path: Path) -> None:
    jobs = [asked(0, "x=1", "trainer.max_epochs=5", "seed=1"), asked(1, "x=1", "trainer.max_epochs=10", "seed=1")]
    record(*jobs, swept=("x",)).write(tmp_path)
    for job in jobs:
        finished(tmp_path, job, 0.5)
    sweep = read(tmp_path)
    assert sweep.swept == ("x", "trainer.max_epochs")
    assert [len(group.jobs) for group in sweep.groups] == [1, 1]


def test_values_are_shown_as_they_would_be_typed(tmp_path: Path) -> None:
    typed = {"experiment": "[big,sgd]", "model": "vit", "x": "{a:1,b:'c=d'}", "y": "null", "z": ""}
    job = asked(0, *(f"{path}={value}" for path, value in typed.items()))
    record(job, swept=tuple(typed)).write(tmp_path)
    assert read(tmp_path).jobs[0].values == typed


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    files, path = Files(), tmp_path / "results.json"
    assert files.json(path) == {}
    path.write_text('{"value": 1}')
    assert files.json(path) == {"value": 1}
    path.write_text('{"value": 22}')
    assert files.json(path) == {"value": 22}


def test_where_a_job_is_stands_at_the_end_of_what_it_writes(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text("x" * 100_000 + "\nepoch 1/3\nepoch 2/3\n\n")
    logged(tmp_path, {"loss": [1.0] * 5000, "val/accuracy": [0.25] * 5000})
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("5000,0.5,0.75\r\n5001,0.5,\r\n5002,0.")
    assert last_line(tmp_path / "train.log") == "epoch 2/3"
    assert last_value(tmp_path / "metrics.csv", "val/accuracy") == 0.75
    assert last_value(tmp_path / "metrics.csv", "val/f1") is None


def test_to_read_a_sweep_takes_neither_torch_nor_hydra() -> None:
    heavy = "{'torch', 'lightning', 'hydra', 'omegaconf', 'numpy'}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, project.sweeps.__main__\nprint({heavy} & set(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"


def test_a_trial_that_was_pruned_is_not_the_best(tmp_path: Path) -> None:
    jobs = [asked(0, "x=1"), asked(1, "x=2")]
    record(*jobs, swept=("x",)).write(tmp_path)
    finished(tmp_path, jobs[0], 0.5)
    home = finished(tmp_path, jobs[1], 0.75)
    said = json.loads((home / "status.json").read_text()) | {"state": "pruned", "error": "val/accuracy was 0.7"}
    (home / "status.json").write_text(json.dumps(said))
    sweep = read(tmp_path)
    assert [(job.name, job.state, job.value, job.reason) for job in sweep.ranked][1] == (
        *("1", "pruned", None, "val/accuracy was 0.7"),
    )
    assert sweep.best == sweep.jobs[0]
