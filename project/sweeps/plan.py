"""What a command line asks a sweep's directory for: which jobs are there already, and which are new."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeGuard

from project.provenance import code_since
from project.sweeps.jobs import truth
from project.sweeps.record import NAME, Asked, Record

_LISTED = 10
_NOTHING = object()


@dataclass(frozen=True)
class Wanted:
    """A job that the command line asks for.

    Args:
        overrides: what tells it from the others.
        identity: the hash of its composed config.
        monitor: the logged value that it is judged by.
        mode: whether a larger or a smaller one is better.
        config: gives what it is composed of, not resolved.
    """

    overrides: tuple[str, ...]
    identity: str
    monitor: str
    mode: Literal["min", "max"]
    config: Callable[[], Mapping[str, Any]]

    @property
    def key(self) -> tuple[str, ...]:
        """What it is found by."""
        return key(self)


def key(job: Wanted | Asked) -> tuple[str, ...]:
    """What a job is found by, in whatever order it is typed."""
    return tuple(sorted(job.overrides))


def newest(root: Path, wanted: Sequence[Wanted]) -> Path | None:
    """The sweep below `root`, as DATE/TIME, that was begun last of those that asked for none but these jobs."""
    for file in sorted(root.glob(f"*/*/{NAME}"), reverse=True):
        record = read(file.parent)
        asked = [job for job in record.jobs if job.asked] if record and not record.search else []
        if asked and len(again(asked, wanted)) == len(asked):
            return file.parent
    return None


def newest_search(root: Path, asked: Mapping[str, str]) -> Path | None:
    """The search below `root`, as DATE/TIME, that was begun last of those that are asked the same."""
    for file in sorted(root.glob(f"*/*/{NAME}"), reverse=True):
        record = read(file.parent)
        if record and record.search == asked:
            return file.parent
    return None


def again(known: Iterable[Asked], wanted: Sequence[Wanted]) -> dict[int, Wanted]:
    """Those of the known jobs, by number, that are wanted: typed alike or, where one says more, composed alike."""
    named, known = {job.key: job for job in wanted}, list(known)
    found = {job.number: named[key(job)] for job in known if key(job) in named}
    typed = {job.key for job in found.values()}
    composed = {job.identity: job for job in wanted if job.key not in typed}
    for job in known:
        if job.number not in found and (alike := composed.pop(job.identity, None)) is not None:
            found[job.number] = alike
    return found


def new(directory: Path) -> Path:
    """Make a directory that no other sweep has, not even one that was begun at the same time."""
    number, made = 0, directory
    while True:
        try:
            made.mkdir(parents=True)
        except FileExistsError:
            number += 1
            made = directory.with_name(f"{directory.name}-{number}")
        else:
            return made


def read(directory: Path) -> Record | None:
    """The record of a sweep; None where there is none."""
    try:
        return Record.read(directory)
    except FileNotFoundError:
        return None


def merged(known: Sequence[Asked], wanted: Sequence[Wanted], directory: Path) -> list[Asked]:
    """The jobs of a sweep's record, and those that are new with numbers that nothing in its directory has."""
    now = again(known, wanted)
    kept = [_asked_again(job, now.get(job.number)) for job in known]
    there = {job.key for job in now.values()}
    new = [job for job in {job.key: job for job in wanted}.values() if job.key not in there]
    taken = [
        int(path.name.partition(".")[0]) for path in directory.glob("[0-9]*") if path.name.replace(".", "").isdigit()
    ]
    first = max([*taken, *(job.number for job in known)], default=-1) + 1
    return kept + [
        Asked(number, job.identity, job.overrides, job.monitor, job.mode) for number, job in enumerate(new, first)
    ]


def _asked_again(job: Asked, now: Wanted | None) -> Asked:
    if now is None:
        return replace(job, asked=False)
    return replace(job, asked=True, identity=now.identity, overrides=now.overrides)


def changes(
    known: Sequence[Asked], wanted: Sequence[Wanted], directory: Path, ran: Callable[[Path], Mapping[str, Any]]
) -> list[str]:
    """What has changed since the jobs that are kept, or gone on with, were begun: a line each, in config and code.

    Args:
        known: the jobs of the record.
        wanted: those of the command line.
        directory: the sweep's.
        ran: gives the config of the job that was begun in a directory.
    """
    now = again(known, wanted)
    numbers: dict[str, list[int]] = {}
    for job in known:
        wants, home = now.get(job.number), directory / job.directory
        if wants is None or truth(home) in {"waiting", "failed"}:
            continue
        lines = code_since(home)
        if wants.identity != job.identity:
            lines += list(_altered(ran(home), wants.config())) or ["config: not the recorded one"]
        for line in lines:
            numbers.setdefault(line, []).append(job.number)
    said = [f"{line}{_of(having)}" for line, having in numbers.items()]
    return [*said[:_LISTED], *([f"and {len(said) - _LISTED} more"] if len(said) > _LISTED else [])]


def _altered(then: object, now: object, path: str = "") -> Iterator[str]:
    if not _nested(then) or not _nested(now):
        if then != now:
            yield f"{path}: {_shown(then)} -> {_shown(now)}"
        return
    for name in {**then, **now}:
        yield from _altered(then.get(name, _NOTHING), now.get(name, _NOTHING), f"{path}.{name}" if path else name)


def _nested(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _shown(value: object) -> str:
    return "nothing" if value is _NOTHING else str(value)


def _of(numbers: Sequence[int]) -> str:
    return f" (job {numbers[0]}{f' and {len(numbers) - 1} more' if numbers[1:] else ''})"
