"""A sweep as it stands, from its directory; a folder of runs is read as if it were one."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import le
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal

from project.provenance import masked
from project.status import Status

from . import outcome
from .files import Files, mapping
from .outcome import SEED, Job, State, assigned, composed, written
from .record import Asked, Record

_ORDER: tuple[State, ...] = ("finished", "pruned", "running", "interrupted", "waiting", "not begun", "killed", "failed")
_EARLIER_TRY = re.compile(r"\d+\.\d+")
_OF_A_RUN = ".hydra", "status.json", "results.json"


@dataclass(frozen=True)
class Group:
    """Jobs that differ in nothing but their seed.

    Args:
        jobs: those of them that have a value.
    """

    jobs: tuple[Job, ...]

    @property
    def mean(self) -> float:
        """Of their values."""
        return fmean(job.value for job in self.jobs if job.value is not None)

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation; None of a single one."""
        return stdev(job.value for job in self.jobs if job.value is not None) if len(self.jobs) > 1 else None


@dataclass(frozen=True)
class Sweep:
    """A sweep as it stands.

    Args:
        directory: of the sweep, or of a folder of runs.
        command: by which it was last started; empty of a folder of runs.
        swept: the paths whose values tell the jobs apart.
        jobs: in the order in which they were asked for.
        running: whether the process that runs it is there.
        started: when it was last started, in ISO 8601 and UTC; empty of a folder of runs.
        objectives: what it is for, where that is several values, each with whether it is to be small or large.
    """

    directory: Path
    command: tuple[str, ...]
    swept: tuple[str, ...]
    jobs: tuple[Job, ...]
    running: bool = False
    started: str = ""
    objectives: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def monitor(self) -> str:
        """The logged value that all are judged by; empty where it is not the same one for all."""
        names = {job.monitor for job in self.jobs if job.monitor}
        return names.pop() if len(names) == 1 else ""

    @property
    def ranked(self) -> list[Job]:
        """The best first, of several objectives the front, and the failed last; what different values judge apart."""
        known = list(dict.fromkeys(job.monitor for job in self.jobs))

        def place(item: tuple[int, Job]) -> tuple[int, bool, bool, int, float, int]:
            number, found = item
            score, behind = found.score, found.name not in self.front
            return _ORDER.index(found.state), behind, score is None, known.index(found.monitor), score or 0.0, number

        return [found for _, found in sorted(enumerate(self.jobs), key=place)]

    @cached_property
    def front(self) -> frozenset[str]:
        """The names of the jobs on the Pareto front of several objectives: none is as good in all, better in one."""
        signs = {name: -1 if mode == "max" else 1 for name, mode in self.objectives.items()}
        told = (job for job in self.jobs if signs and job.reached.keys() >= signs.keys())
        costs = {job.name: [sign * job.reached[name] for name, sign in signs.items()] for job in told}

        def beats(other: list[float], cost: list[float]) -> bool:
            return other != cost and all(map(le, other, cost))

        return frozenset(name for name, cost in costs.items() if not any(beats(one, cost) for one in costs.values()))

    @property
    def best(self) -> Job | None:
        """The best job that finished."""
        return next((found for found in self.ranked if found.value is not None), None)

    @property
    def groups(self) -> list[Group]:
        """The jobs with a value, those that differ in nothing but their seed together; the best mean first."""
        alike: dict[tuple[str, ...], list[Job]] = {}
        for found in self.ranked:
            if found.value is not None:
                others = (value for path, value in found.values.items() if path != SEED)
                alike.setdefault((found.monitor, *others), []).append(found)
        made = [Group(tuple(jobs)) for jobs in alike.values()]
        return sorted(made, key=lambda group: -group.mean if group.jobs[0].mode == "max" else group.mean)

    @property
    def counts(self) -> dict[State, int]:
        """How many jobs are in each state that there is one in."""
        found = Counter(job.state for job in self.jobs)
        return {state: found[state] for state in _ORDER if found[state]}


def read(directory: str | Path, files: Files | None = None) -> Sweep:
    """The sweep in a directory, or the runs below it.

    Raises:
        FileNotFoundError: it holds neither.
    """
    path, files = Path(directory), files or Files()
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is no directory")
    try:
        return stands(Record.read(path), path, files)
    except (OSError, ValueError):  # none, or somebody else's: the jobs' directories tell as much as they can
        return _runs(path, files)


def stands(record: Record, path: Path, files: Files) -> Sweep:
    """How what was asked for stands in its directory."""
    running = record.ended is None and _runs_still(record)
    jobs = [
        outcome.read(path / asked.directory, str(asked.number), asked, files, waits=running and asked.asked)
        for asked in record.jobs
        if asked.asked or (path / asked.directory).is_dir()
    ]
    swept = [item.lstrip("+~") for item in record.swept]
    # An earlier command line may have asked for something else besides.
    swept += [path for path in _differing(jobs) if path not in swept]
    begun = running, record.started, record.objectives
    return _with_values(Sweep(path, record.command, tuple(swept), tuple(jobs), *begun), files)


def _runs_still(record: Record) -> bool:
    return Status("running", record.started, None, "", "", record.hostname, record.pid).truth == "running"


def _runs(path: Path, files: Files) -> Sweep:
    found = [_run(directory, path, files) for directory in sorted(_directories(path), key=_in_order)]
    if not found:
        raise FileNotFoundError(f"there is no sweep and no run in {path}")
    return _with_values(Sweep(path, (), _differing(found), tuple(found)), files)


def _differing(jobs: Sequence[Job]) -> tuple[str, ...]:
    """The paths at which not all jobs were asked for the same."""
    asked = [assigned(job.overrides) for job in jobs]
    paths = dict.fromkeys(path for values in asked for path in values)
    return tuple(path for path in paths if len({values.get(path) for values in asked}) > 1)


def _run(directory: Path, below: Path, files: Files) -> Job:
    config = mapping(files.yaml(directory / ".hydra" / "config.yaml"))
    monitor = str(files.json(directory / "results.json").get("monitor") or config.get("monitor", ""))
    mode: Literal["min", "max"] = "min" if config.get("mode") == "min" else "max"
    asked = Asked(0, "", tuple(map(masked, written(directory, files))), monitor, mode, tries=1)
    return outcome.read(directory, str(directory.relative_to(below)), asked, files, waits=False)


def _directories(path: Path) -> Iterator[Path]:
    """Every run below, without the tries of jobs that were begun anew."""
    for directory, below, files in os.walk(path):
        if any(name in _OF_A_RUN for name in (*below, *files)):
            yield Path(directory)
            below.clear()
        earlier = {name for name in below if _EARLIER_TRY.fullmatch(name) and name.partition(".")[0] in below}
        below[:] = [name for name in below if not name.startswith(".") and name not in earlier]


def _in_order(directory: Path) -> list[tuple[int, str]]:
    """So that 10 comes after 9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in directory.parts]


def _with_values(sweep: Sweep, files: Files) -> Sweep:
    def values(found: Job) -> dict[str, str]:
        own = assigned(found.overrides)
        return {path: own[path] if path in own else composed(found.directory, path, files) for path in sweep.swept}

    return replace(sweep, jobs=tuple(replace(found, values=values(found)) for found in sweep.jobs))
