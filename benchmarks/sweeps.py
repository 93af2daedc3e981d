"""What a sweep costs beside its jobs, in time and in memory: `python -m benchmarks sweeps`.

The jobs compute nothing and build no parts. Timed is how long after a job the next one begins; and whole command lines
of few and of many of them, in turns, whose difference leaves start-up out and the review of each job in. The memory is
that of the process that runs the sweep, as each job finds it.
"""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter

import hydra

from configs import Config
from project.config.hydras import VERSION_BASE
from project.config.launch import Rehearsal, launch

FEW, MANY = 5, 55
LAUNCHERS = {"basic": [], "joblib": ["hydra.launcher.n_jobs=1"]}
NOTES = "notes.txt"
"""Where each job notes the memory of its parent, in KiB, and when it began, in seconds."""


def main(turns: int = 3) -> None:
    """Print the table."""
    head = f"{'launcher':<10}{'ms between jobs':>17}{'ms a job, all in':>18}{'of CPUs':>10}"
    say(f"{head}{'MiB at job 5':>14}{'at job 55':>11}")
    for launcher, settings in LAUNCHERS.items():
        walls, cpus, gaps, memory = list[float](), list[float](), list[float](), list[float]()
        for _ in range(turns):
            *few, _ = timed(FEW, f"hydra/launcher={launcher}", *settings)
            *many, notes = timed(MANY, f"hydra/launcher={launcher}", *settings)
            for each, more, less in zip((walls, cpus), many, few, strict=True):
                each.append(1e3 * (more - less) / (MANY - FEW))
            memory, began = notes[::2], notes[1::2]
            gaps += [1e3 * (later - earlier) for earlier, later in pairwise(began)]
        at = [memory[number - 1] / 2**10 for number in (FEW, MANY)]
        times = f"{median(gaps):>17.0f}{median(walls):>18.0f}{median(cpus):>10.0f}"
        say(f"{launcher:<10}{times}{at[0]:>14.0f}{at[1]:>11.0f}")


def timed(jobs: int, *settings: str) -> tuple[float, float, list[float]]:
    """The seconds that a sweep takes, those of the CPUs, and what its jobs have noted."""
    with TemporaryDirectory() as directory:
        line = ["-m", f"seed=range({jobs})", "preflight=false", *settings]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "HYDRA_MAIN_MODULE": "__main__"}
        began, used = perf_counter(), _used()
        command = [sys.executable, __file__, *line]
        subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)  # noqa: S603  # ours
        notes = [float(note) for note in Path(directory, NOTES).read_text().split()]
        return perf_counter() - began, _used() - used, notes


def _used() -> float:
    found = os.times()
    return found.children_user + found.children_system


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@hydra.main(config_name="config", config_path=None, **VERSION_BASE)
def job(config: Config) -> float:
    """Note when it begins, and how much memory the process has that this one was forked from."""
    began = monotonic()
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{os.getppid()}/status").read_text(), re.MULTILINE)
    assert found
    with Path(NOTES).open("a") as notes:
        notes.write(f"{found[1]} {began}\n")
    return float(config.seed)


if __name__ == "__main__":
    launch(job, lambda _: Rehearsal((), ""))
