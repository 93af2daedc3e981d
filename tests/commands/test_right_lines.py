"""No false alarm: every right command line of `right.txt` passes, and Hydra starts the very jobs that were reviewed."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_tables import HERE, answer, right_lines

from project.config.command import arguments, reviews


@pytest.mark.parametrize("line", right_lines())
def test_a_right_line_passes(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert answer(line) == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", ["-cd", "-cp"])
def test_a_config_file_of_ones_own_passes(flag: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("defaults: [config, _self_]\nseed: 3\ntrainer: {max_epochs: 2}\n")
    assert answer(f"{flag} {shlex.quote(str(tmp_path))} -cn mine model.beeg_factor=2") == ""


@pytest.mark.long
def test_hydra_starts_each_right_line_as_often_as_it_was_reviewed(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "stub_jobs.py")]
    lines = "\n".join(right_lines())
    done = subprocess.run(command, cwd=tmp_path, input=lines, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    started = json.loads(done.stdout.splitlines()[-1])
    assert started == {line: len(reviews(arguments(shlex.split(line)))[0]) for line in right_lines()}


def test_the_table_is_large_and_says_nothing_twice() -> None:
    assert len(right_lines()) >= 70
    assert len(set(right_lines())) == len(right_lines())
