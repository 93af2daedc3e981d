"""What a sweep costs beside its jobs, in time and in memory: `python -m benchmarks sweeps`.

The jobs compute nothing and build no parts. Timed are whole command lines of few and of many of them, in turns; what
each further job takes is the difference, which leaves start-up out and the review of each job in. The memory is that of
the process that runs the sweep, as each job finds it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import hydra

from configs import Config
from project.config.hydras import VERSION_BASE
from project.config.launch import Rehearsal, launch

FEW, MANY = 5, 55
LAUNCHERS = {"basic": [], "joblib": ["hydra.launcher.n_jobs=1"]}
MEMORY = "memory.txt"
"""Where each job notes the memory of its parent, in KiB."""


def main(turns: int = 3) -> None:
    """Print the table."""
    say(f"{'launcher':<10}{'ms a job':>10}{'of CPUs':>10}{'MiB at job 5':>14}{'at job 55':>11}")
    for launcher, settings in LAUNCHERS.items():
        walls, cpus, memory = list[float](), list[float](), list[int]()
        for _ in range(turns):
            *few, _ = timed(FEW, f"hydra/launcher={launcher}", *settings)
            *many, memory = timed(MANY, f"hydra/launcher={launcher}", *settings)
            for each, more, less in zip((walls, cpus), many, few, strict=True):
                each.append(1e3 * (more - less) / (MANY - FEW))
        at = [memory[number - 1] / 2**10 for number in (FEW, MANY)]
        say(f"{launcher:<10}{median(walls):>10.0f}{median(cpus):>10.0f}{at[0]:>14.0f}{at[1]:>11.0f}")


def timed(jobs: int, *settings: str) -> tuple[float, float, list[int]]:
    """The seconds that a sweep takes, those of the CPUs, and what its jobs have noted."""
    with TemporaryDirectory() as directory:
        line = ["-m", f"seed=range({jobs})", "preflight=false", *settings]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "HYDRA_MAIN_MODULE": "__main__"}
        began, used = perf_counter(), _used()
        command = [sys.executable, __file__, *line]
        subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)  # noqa: S603  # ours
        notes = [int(note) for note in Path(directory, MEMORY).read_text().split()]
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
    """Note how much memory the process has that this one was forked from."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{os.getppid()}/status").read_text(), re.MULTILINE)
    assert found
    with Path(MEMORY).open("a") as notes:
        notes.write(f"{found[1]}\n")
    return float(config.seed)


if __name__ == "__main__":
    launch(job, lambda _: Rehearsal((), ""))
