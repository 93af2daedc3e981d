"""The jobs of a sweep as their directories tell of them, whoever runs them."""

import fcntl
import os
import platform
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from project.status import NAME, State
from project.status import read as read_status

Truth = State | Literal["killed", "waiting"]
"""What is true of a job: `Status.truth`, or "waiting" where it was never begun."""
STOPPED: Final = ".stopped"
"""While this file is in a sweep's directory, no job of it begins."""
_LOCK: Final = ".lock"


class SweepIsRunError(RuntimeError):
    """Another process runs the sweep."""


def truth(directory: Path) -> Truth:
    """What is true of the job in a directory."""
    found = read_status(directory)
    return "waiting" if found is None else found.truth


def set_aside(directory: Path) -> Path:
    """Move a try that failed to the first of `N.1`, `N.2` and so on that is free, and return where it is."""
    number = 1
    while (aside := directory.with_name(f"{directory.name}.{number}")).exists():
        number += 1
    return directory.rename(aside)


def stop(sweep: Path, why: str) -> None:
    """Have no further job of a sweep begin, wherever it is to run."""
    (sweep / STOPPED).write_text(f"{why}\n")


def stopped(sweep: Path) -> bool:
    """Whether no further job is to begin."""
    return (sweep / STOPPED).exists()


def go_on(sweep: Path) -> None:
    """Take `stop` back."""
    (sweep / STOPPED).unlink(missing_ok=True)


def tell(signum: int, directories: Iterable[Path], but: Collection[int] = ()) -> set[int]:
    """Send a signal to each job that runs on this machine, but for some processes, and return the processes."""
    told: set[int] = set()
    for directory in directories:
        found = read_status(directory)
        if found is None or found.truth != "running" or found.hostname != platform.node():
            continue
        if found.pid in but or found.pid == os.getpid():
            continue
        with suppress(ProcessLookupError, PermissionError):
            os.kill(found.pid, signum)
            told.add(found.pid)
    return told


def bury(sweep: Path) -> None:
    """Record that those of a sweep's jobs were cut off which say that they run, where none does on any machine."""
    for directory in (path.parent for path in sweep.glob(f"*/{NAME}")):
        found = read_status(directory)
        if found is not None and found.truth == "running":
            now = datetime.now(UTC).isoformat(timespec="seconds")
            replace(found, state="interrupted", ended=now, error=f"it was ended on {found.hostname}").write(directory)


@contextmanager
def locked(sweep: Path) -> Generator[None]:
    """Keep every other process from running the sweep until this one is done or gone.

    A POSIX lock, which a fork does not inherit: a job that outlives the sweep's process holds nothing.

    Raises:
        SweepIsRunError: another process runs it.
    """
    with (sweep / _LOCK).open("a+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise SweepIsRunError(file.read().strip() or "another process") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}")
        file.flush()
        yield
