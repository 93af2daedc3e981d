"""A job of a sweep, or any other run, as its directory tells of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from project.status import NAME as STATUS
from project.status import Status

from .files import Files, mapping, number, numbers, texts
from .record import Asked

State = Literal["finished", "pruned", "running", "interrupted", "waiting", "not begun", "killed", "failed"]
GONE = "its process ended without a word: killed, or out of memory"
SEED = "seed"
COUNTED = "seconds", "epochs", "steps", "best_epoch"
"""What the results of a run have beside its metrics."""


@dataclass(frozen=True)
class Job:
    """A job and what came of it.

    Args:
        name: its number in the sweep; of a run of its own, its directory below the one that was asked about.
        directory: where it writes.
        overrides: what tells it from the others, as it would be typed.
        state: what is true of it now.
        monitor: the logged value that it is judged by.
        mode: whether a larger or a smaller one is better.
        value: the best one, where it finished and there is one.
        reached: every number that it ended with, where it finished, by name.
        metrics: the other values that it ended with, by name.
        seed: of its random numbers, where it is known.
        seconds: how long it took, or has been running.
        reason: why it did not finish, in a line.
        traceback: the whole of it, where an error ended it.
        tries: how often it was begun from its start.
        values: of what is swept over, by path, as it would be typed.
    """

    name: str
    directory: Path
    overrides: tuple[str, ...]
    state: State
    monitor: str
    mode: str
    value: float | None = None
    reached: Mapping[str, float] = field(default_factory=dict[str, float])
    metrics: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    seed: int | None = None
    seconds: float | None = None
    reason: str = ""
    traceback: str = ""
    tries: int = 1
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def score(self) -> float | None:
        """The value, such that a smaller one is better."""
        return None if self.value is None else -self.value if self.mode == "max" else self.value


def read(directory: Path, name: str, asked: Asked, files: Files, *, waits: bool) -> Job:
    """What a run's directory tells of what was asked for; `waits` if it may still begin."""
    found = _status(files.json(directory / STATUS))
    results = files.json(directory / "results.json")
    state = _state(found, finished=bool(results), waits=waits)
    finished = state == "finished"
    reached = ended_with(results) if finished else {}
    return Job(
        name=name,
        directory=directory,
        overrides=asked.overrides,
        state=state,
        monitor=asked.monitor,
        mode=asked.mode,
        value=reached.get(asked.monitor),
        reached=reached,
        metrics={**numbers(results.get("validation")), **numbers(results.get("test"))} if finished else {},
        seed=_seed(directory, files, asked.overrides),
        seconds=(number(results.get("seconds")) if finished else None) or _seconds(found),
        reason=_reason(found, state),
        traceback=found.traceback if found and state == "failed" else "",
        tries=asked.tries,
    )


def ended_with(results: Mapping[str, Any]) -> dict[str, float]:
    """Every number in a run's results, by name; of what it monitors the best, not the last."""
    found = {**numbers(results.get("validation")), **numbers(results.get("test"))}
    found |= {str(results.get("monitor")): number(results.get("value"))}
    found |= {name: number(results.get(name)) for name in COUNTED}
    return {name: value for name, value in found.items() if value is not None}


def written(directory: Path, files: Files) -> tuple[str, ...]:
    """All that a run was asked for, as Hydra wrote it down."""
    return texts(files.yaml(directory / ".hydra" / "overrides.yaml"))


def assigned(overrides: Sequence[str]) -> dict[str, str]:
    """Overrides as what they set: `optimizer.lr` to `0.1`; what is taken away, to nothing."""
    pairs = (item.lstrip("+~").partition("=") for item in overrides)
    return {path: value for path, _, value in pairs}


def composed(directory: Path, path: str, files: Files) -> str:
    """What a run took at a path that it was not asked about: an option's name, or a value; empty if that is unknown."""
    choices = mapping(mapping(mapping(files.yaml(directory / ".hydra" / "hydra.yaml")).get("hydra")).get("runtime"))
    if (chosen := mapping(choices.get("choices")).get(path)) is not None:
        return str(chosen)
    value: Any = files.yaml(directory / ".hydra" / "config.yaml")
    for key in path.split("."):
        value = mapping(value).get(key)
    return "" if isinstance(value, dict) or value is None else str(value)


def _status(found: dict[str, Any]) -> Status | None:
    """A status, with what a later version may have added left out; None where it is none."""
    known: dict[str, Any] = {field.name: found.get(field.name) for field in fields(Status)}
    texts = [known[name] for name in ("state", "started", "error", "traceback", "hostname")]
    if known["state"] not in get_args(State) or not all(isinstance(text, str) for text in texts):
        return None
    try:
        known["pid"] = int(known["pid"])
        status = Status(**known)
        datetime.fromisoformat(status.started)
    except (TypeError, ValueError):
        return None
    return status


def _state(found: Status | None, *, finished: bool, waits: bool) -> State:
    if found is not None:
        return found.truth
    return "finished" if finished else "waiting" if waits else "not begun"


def _seed(directory: Path, files: Files, overrides: Sequence[str]) -> int | None:
    text = assigned(overrides).get(SEED) or str(files.json(directory / "provenance.json").get(SEED, ""))
    return int(text) if text.isdecimal() else None


def _seconds(found: Status | None) -> float | None:
    if found is None:
        return None
    try:
        ended = datetime.fromisoformat(found.ended) if found.ended else datetime.now(UTC)
        return (ended - datetime.fromisoformat(found.started)).total_seconds() if found.truth != "killed" else None
    except (TypeError, ValueError):
        return None


def _reason(found: Status | None, state: State) -> str:
    if state == "killed":
        return GONE
    if found is None or state == "running":
        return ""
    lines = [line.strip() for line in found.error.splitlines() if line.strip()]
    # A message may begin in the line after the error's name.
    said = " ".join(lines[:2]) if lines and lines[0].endswith(":") else next(iter(lines), "")
    return re.sub(r"^(?:\w+\.)+(?=\w+(?::|$))", "", said)
