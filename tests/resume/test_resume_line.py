"""`resume=true` as a user types it: what it goes on with, and what it says."""

import json
import logging
import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from compared import differences, results
from cut_off import SMALL, cut
from in_process import newest, run

SHORT = (*SMALL, "trainer.max_epochs=2", "callbacks=[checkpoint]", "logger=[csv]")
OTHER_CODE = {"commit": "0" * 40}


def told(capsys: pytest.CaptureFixture[str], directory: Path, *line: str) -> str:
    """What the command line says, a refusal or not."""
    capsys.readouterr()
    with suppress(SystemExit):
        run(directory, *line)
    said = capsys.readouterr()
    return said.out + said.err + (newest(directory) / "train.log").read_text()


def edited(directory: Path, **facts: Any) -> None:
    """Change what a run's directory says of the code that it ran."""
    file = directory / "provenance.json"
    record = json.loads(file.read_text())
    record["code"] |= facts
    file.write_text(json.dumps(record))


def test_the_newest_unfinished_run_of_the_same_config_is_gone_on_with(tmp_path: Path) -> None:
    cut(tmp_path, 8, *SHORT)
    wanted = newest(tmp_path)
    cut(tmp_path, 8, *SHORT, "seed=2")
    run(tmp_path, *SHORT, "resume=anyway")
    assert [file.parent for file in tmp_path.rglob("results.json")] == [wanted]
    assert results(wanted)["steps"] == 12


def test_a_finished_run_shows_its_results_and_trains_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(tmp_path, *SHORT)
    before = (found / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    said = told(capsys, tmp_path, *SHORT, "resume=true")
    assert "test/accuracy" in said
    assert "is finished" in said
    assert (found / "checkpoints" / "last.ckpt").stat().st_mtime_ns == before
    assert len(list(tmp_path.rglob("results.json"))) == 1


def test_with_nothing_to_go_on_with_a_run_begins_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is nothing to go on with; the run begins" in told(capsys, tmp_path, *SHORT, "resume=true")
    assert results(newest(tmp_path))["steps"] == 12


def test_code_that_has_changed_is_refused_unless_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut(tmp_path, 8, *SHORT)
    edited(newest(tmp_path), **OTHER_CODE)
    said = told(capsys, tmp_path, *SHORT, "resume=true")
    assert "ran other code; code: commit 000000000000 -> " in said
    assert "resume=anyway" in said
    assert not (newest(tmp_path) / "results.json").exists()
    run(tmp_path, *SHORT, "resume=anyway")
    assert results(newest(tmp_path))["steps"] == 12


def test_other_software_is_told_of_and_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut(tmp_path, 8, *SHORT)
    file = newest(tmp_path) / "provenance.json"
    file.write_text(file.read_text().replace('"torch": "', '"torch": "1.'))
    assert "since the run was cut off, packages: torch 1." in told(capsys, tmp_path, *SHORT, "resume=anyway")
    assert results(newest(tmp_path))["steps"] == 12


def test_a_run_that_another_process_writes_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    cut(tmp_path, 8, *SHORT)
    status = {"state": "running", "hostname": platform.node(), "pid": os.getppid()}
    (newest(tmp_path) / "status.json").write_text(json.dumps(status))
    assert f"is being written by process {os.getppid()}" in told(capsys, tmp_path, *SHORT, "resume=anyway")


def test_a_run_named_by_its_directory_is_gone_on_with_as_exactly(tmp_path: Path) -> None:
    run(tmp_path, *SHORT, f"hydra.run.dir={tmp_path / 'whole'}")
    cut(tmp_path, 8, *SHORT, f"hydra.run.dir={tmp_path / 'cut'}")
    run(tmp_path, f"run={tmp_path / 'cut'}", "resume=anyway")
    assert differences(tmp_path / "whole", tmp_path / "cut") == []


def test_a_finished_run_is_trained_further_with_another_end(tmp_path: Path) -> None:
    found = run(tmp_path, *SHORT)
    run(tmp_path, f"run={found}", "trainer.max_epochs=3")
    assert results(found)["steps"] == 18


@pytest.mark.long
def test_mlflow_and_wandb_know_one_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("wandb")
    caplog.set_level(logging.WARNING)
    line = (*SHORT, "logger=[mlflow,wandb]", f"hydra.run.dir={tmp_path / 'cut'}")
    cut(tmp_path, 8, *line)
    run(tmp_path, *line, "resume=anyway")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/outputs/mlflow.db")
    [found] = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    steps = [point.step for point in client.get_metric_history(found.info.run_id, "val/loss")]
    assert (steps, found.info.status) == ([5, 11], "FINISHED")
    # As `offline-run-TIME-ID`, and a number behind it where two are of one second.
    ids = {path.name.split("-")[3] for path in (tmp_path / "cut" / "wandb").glob("offline-run-*")}
    assert ids == {(tmp_path / "cut" / ".wandb_id").read_text()}
