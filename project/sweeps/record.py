"""`sweep.json`: what a sweep was asked for, in its directory from before its first job."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from project.whole import write_whole

NAME = "sweep.json"
_LISTS = frozenset({"command", "swept", "jobs", "overrides"})


@dataclass(frozen=True)
class Asked:
    """A job of a sweep; what came of it is in its own directory.

    Args:
        number: of the job, which is also the name of its directory.
        identity: the hash of its composed config.
        overrides: what tells it from the others, as it would be typed.
        monitor: the logged value that it is judged by.
        mode: whether a larger or a smaller one is better.
        tries: how often it was begun from its start.
        asked: whether the newest command line asks for it; a narrower one leaves it in the record.
    """

    number: int
    identity: str
    overrides: tuple[str, ...]
    monitor: str
    mode: Literal["min", "max"]
    tries: int = 0
    asked: bool = True

    @property
    def directory(self) -> str:
        """Its directory, below the sweep's."""
        return str(self.number)


@dataclass(frozen=True)
class Record:
    """What a sweep was asked for.

    Args:
        command: the newest command line, without secrets.
        swept: the paths whose values tell the jobs apart.
        started: when it was last started, in ISO 8601 and UTC.
        ended: likewise; None while it runs, or where it was cut off.
        hostname: the machine that runs it.
        pid: the process that runs it.
        jobs: in the order in which they were first asked for.
        objectives: what a search is for, where that is several values, each with whether it is to be small or large.
        search: what a search is asked; nothing for a grid.
    """

    command: tuple[str, ...]
    swept: tuple[str, ...]
    started: str
    ended: str | None
    hostname: str
    pid: int
    jobs: tuple[Asked, ...]
    objectives: Mapping[str, Literal["min", "max"]] = field(default_factory=dict[str, Literal["min", "max"]])
    search: Mapping[str, str] = field(default_factory=dict[str, str])

    def write(self, directory: Path) -> None:
        """Write it whole or not at all."""
        write_whole(directory / NAME, f"{json.dumps(asdict(self), indent=2)}\n")

    @classmethod
    def read(cls, directory: str | Path) -> "Record":
        """The record of a sweep's directory.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is none.
        """
        try:
            found: dict[str, Any] = json.loads((Path(directory) / NAME).read_text())
            found["jobs"] = [Asked(**_known(Asked, job)) for job in found["jobs"]]
            return cls(**_known(cls, found))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{Path(directory) / NAME} is no record of a sweep: {error}") from error


def _known(kind: type[Any], found: dict[str, Any]) -> dict[str, Any]:
    """What is found of the fields that there are, a list as a tuple; a later version may have written more."""
    names = {field.name for field in fields(kind)}
    plain = {name: value for name, value in found.items() if name in names}
    return {name: tuple(item) if name in _LISTS else item for name, item in plain.items()}
