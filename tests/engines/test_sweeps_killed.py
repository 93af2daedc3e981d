"""A sweep of sixty jobs ends as it must, whatever its jobs do and however often its process is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from project import status
from project.sweeps.jobs import truth
from project.sweeps.record import Record

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
JOBS = 60
PLANTED = {
    5: "RuntimeError: planted",
    11: "SystemExit: 3",
    17: "SystemExit: 0",
    23: "its process was ended by SIGKILL",
    29: "its process was ended by SIGUSR1",
    35: "MemoryError",
    41: "no number (NaN)",
    47: "its process was ended by SIGSEGV",
    53: "its process was ended by SIGABRT",
    59: "its process ended with status 0",
}
"""What is to be said of each job that fails."""


def _sweep(directory: Path) -> Path | None:
    return next((file.parent for file in directory.glob("multirun/*/*/sweep.json")), None)


def _truths(sweep: Path) -> dict[int, str]:
    return {job.number: truth(sweep / job.directory) for job in Record.read(sweep).jobs}


@pytest.mark.long
@pytest.mark.parametrize("launcher", [["basic"], ["joblib", "hydra.launcher.n_jobs=2"]], ids=["basic", "joblib"])
def test_sixty_jobs_survive_their_own_failures_and_five_kills_of_the_sweep(launcher: list[str], tmp_path: Path) -> None:
    chosen, *settings = launcher
    line = ["-m", "seed=range(60)", "preflight=false", f"hydra/launcher={chosen}", *settings, "resume=anyway"]
    command = [sys.executable, str(HERE / "planted.py"), *line]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NOTES": "notes.txt"}
    chance = random.Random(0)  # noqa: S311
    cut_off = Counter[int]()
    for killed in range(5):
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
        while process.poll() is None and _finished(tmp_path) < 8 * (killed + 1):
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.2))
        assert process.poll() is None, "it has ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        cut_off.update(_left(tmp_path))
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    sweep = _sweep(tmp_path)
    assert sweep is not None
    assert len(list(tmp_path.glob("multirun/*/*"))) == 1
    numbers = {
        job.number: next(int(item[5:]) for item in job.overrides if item.startswith("seed="))
        for job in Record.read(sweep).jobs
    }
    assert sorted(numbers.values()) == list(range(JOBS))
    for number, seed in numbers.items():
        found = status.read(sweep / str(number))
        assert found is not None
        assert found.truth == ("failed" if seed in PLANTED else "finished"), found
        assert PLANTED.get(seed, "") in found.error
    ran = Counter(int(note) for note in (tmp_path / "notes.txt").read_text().split())
    assert set(ran) == set(range(JOBS)) - PLANTED.keys()
    again = {seed for seed, times in ran.items() if times > 1}
    assert again <= set(cut_off), "what had come to its end is run again"


def _finished(directory: Path) -> int:
    sweep = _sweep(directory)
    return 0 if sweep is None else sum(state == "finished" for state in _truths(sweep).values())


def _left(directory: Path) -> list[int]:
    """The jobs that the kill has cut off, none of which is running a moment later."""
    sweep = _sweep(directory)
    assert sweep is not None
    until = time.monotonic() + 10
    while "running" in _truths(sweep).values():
        assert time.monotonic() < until, "a job outlives its sweep"
        time.sleep(0.02)
    return [number for number, state in _truths(sweep).items() if state == "killed"]
