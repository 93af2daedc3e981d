"""At run time: what both checkers find right is held, written as YAML, composed and built."""

import json
import os
import subprocess
import sys
from pathlib import Path

import checkers
import pytest
from once import once

# Lightning's advice on a machine of a cluster.
SRUN = "ignore:The `srun` command is available on your system but is not used"

Outcomes = dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """By file and entry, what became of it."""
    found: Outcomes = json.loads(once(lambda: executed(tmp_path_factory.mktemp("run")), "right.json", tmp_path_factory))
    return found


def executed(directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", SRUN, str(checkers.HERE / "execute.py"), *map(str, checkers.RIGHT)],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(checkers.REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("path", checkers.RIGHT, ids=lambda path: path.stem)
def test_every_right_entry_can_be_held_composed_and_built(path: Path, outcomes: Outcomes) -> None:
    assert {name: what for name, what in outcomes[path.stem].items() if what not in ("built", "held")} == {}


def test_there_are_enough_of_them(outcomes: Outcomes) -> None:
    ends = [what for entries in outcomes.values() for what in entries.values()]
    assert len(ends) >= 100
    assert ends.count("built") >= 90
