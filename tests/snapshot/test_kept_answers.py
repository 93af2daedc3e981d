"""The snapshot of the catalogue answers as the catalogue does, to the letter, or not at all."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from command_tables import answer, right_lines, wrong_lines
from in_process import as_a_new_process

import train
from project.config.launch import launch
from project.config.pages import gather
from project.manual import Pages
from project.rehearsal import rehearse

ROOT = Path(train.__file__).parent
WRONG = [wrong.line for wrong in wrong_lines()]
RIGHT = right_lines()
ONLY_CLASSES_TELL = {
    *("'model.input_dim=${ref:datamodule.classes}'", "'model.input_dim=${ref:datamodule.num_clases}'"),
    *("'loop.optimizer=${scheduler}'", "-m trainer=ddp trainer.devices=2 hydra/launcher=submitit_slurm"),
}
"""A fact that no entry refers to, a class in a place where none is expected, and what a launcher says of a run."""
QUESTIONS = [
    *("--cfg job", "--cfg all", "--cfg hydra", "--cfg job -p model"),
    *("--info defaults", "--info config", "--info searchpath", "--hydra-help", "-sc install=bash"),
    *("--cfg job -p nowhere", "--cfg job experiment=[beeg,sgd] debug=fast", "--cfg job callbacks=[] metrics=[auroc]"),
]
TAKEN = """
import json, sys, configs
from project.config.kept.taken import taken
json.dump(taken().parts["review"], sys.stdout)
"""
ELSEWHERE = ("-cn", "--config-name", "-cd", "--experimental-rerun")
"""What brings in more than the catalogue."""


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snapshot's part of that name, in a file: of the catalogue alone, to which other tests may have added."""
    file = tmp_path_factory.mktemp("kept") / "review.json"
    done = subprocess.run([sys.executable, "-c", TAKEN], cwd=ROOT, capture_output=True, text=True, check=True)
    file.write_text(done.stdout)
    return file


def by_snapshot(review: Path, lines: Sequence[str], directory: Path) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("kept_answers.py"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    asked = json.dumps([str(review), *lines])
    done = subprocess.run(command, cwd=directory, env=environment, input=asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, imported = json.loads(done.stdout)
    assert imported == []
    return dict[str, Any](said)


def as_refused(lines: Sequence[str], review: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare what both say to wrong lines."""
    monkeypatch.chdir(directory)
    said = by_snapshot(review, lines, directory)
    refused = {line: answer(line) for line in lines}
    assert said == {line: [2, "", f"{text}\n"] for line, text in refused.items()}


def answerable(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line not in ONLY_CLASSES_TELL and not line.startswith(ELSEWHERE)]


def test_a_wrong_line_is_refused_in_the_same_words(
    review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_refused(answerable(WRONG)[::9], review, tmp_path, monkeypatch)


@pytest.mark.long
def test_every_wrong_line_is_refused_in_the_same_words(
    review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_refused(answerable(WRONG), review, tmp_path, monkeypatch)


def test_what_only_the_classes_can_tell_is_left_to_them(review: Path, tmp_path: Path) -> None:
    lines = [line for line in WRONG if line not in answerable(WRONG)]
    assert by_snapshot(review, lines, tmp_path) == dict.fromkeys(lines)


def test_a_line_that_stands_for_what_is_in_a_directory_is_left_to_the_classes(review: Path, tmp_path: Path) -> None:
    lines = ["run=there", "rerun=there", "sweep=there", "-m seed=1,2 sweep=there", "-m seed=1,2 sweep=new"]
    assert by_snapshot(review, lines, tmp_path) == dict.fromkeys(lines)


def test_a_right_line_is_not_refused(review: Path, tmp_path: Path) -> None:
    assert by_snapshot(review, RIGHT[::9], tmp_path) == dict.fromkeys(RIGHT[::9])


@pytest.mark.long
def test_no_right_line_is_refused_and_its_config_is_shown_alike(review: Path, tmp_path: Path) -> None:
    assert by_snapshot(review, RIGHT, tmp_path) == dict.fromkeys(RIGHT)
    shown = [f"--cfg job {line}" for line in RIGHT if not line.startswith(("-m", "--multirun", "hydra.mode"))]
    as_shown(shown, review, tmp_path)


def test_a_question_to_hydra_is_answered_alike(review: Path, tmp_path: Path) -> None:
    as_shown(QUESTIONS, review, tmp_path)


def as_shown(lines: Sequence[str], review: Path, directory: Path) -> None:
    said = by_snapshot(review, lines, directory)
    for line in lines:
        assert said[line] == list(by_classes(line, directory)), line


def by_classes(line: str, directory: Path) -> tuple[int, str, str]:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), as_a_new_process(directory, tuple(shlex.split(line))):
        try:
            launch(train.main, rehearse)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return status, out.getvalue(), err.getvalue()


def test_pages_are_the_same_after_they_were_kept() -> None:
    assert Pages.of(json.loads(json.dumps(gather().plain()))) == gather()
