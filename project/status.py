"""`status.json`: whether a run is running, and how it ended."""

import json
import os
import platform
import re
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from traceback import format_exception
from typing import Literal

from project.provenance import masked
from project.rank import rank
from project.whole import write_whole

NAME = "status.json"
State = Literal["running", "finished", "pruned", "interrupted", "failed"]

_SECRET = re.compile(r"token|secret|passw|key|credential", re.IGNORECASE)
_STAT = re.compile(r"\d+ \(.*\) (\S)(?: \S+){18} (\d+) .*", re.DOTALL)


@dataclass(frozen=True)
class Status:
    """What a run says of itself.

    Args:
        state: as it was last written; see `truth`.
        started: when, in ISO 8601 and UTC.
        ended: likewise; None while it runs.
        error: the last line of what ended it, such as `ValueError: …`; of a trial that was pruned, why.
        traceback: the whole of it, empty where the run was not broken off by an error.
        hostname: the machine of its first process.
        pid: that process.
    """

    state: State
    started: str
    ended: str | None
    error: str
    traceback: str
    hostname: str
    pid: int

    @property
    def truth(self) -> State | Literal["killed"]:
        """The state, or "killed" where it was left running by a process that is gone; only its machine can tell."""
        if self.state != "running" or self.hostname != platform.node():
            return self.state
        return "running" if _alive(self.pid, datetime.fromisoformat(self.started)) else "killed"

    def write(self, directory: Path) -> None:
        """Write it whole or not at all, in the first of several processes."""
        if not rank():
            write_whole(directory / NAME, f"{json.dumps(asdict(self), indent=2)}\n")


def read(directory: str | Path) -> Status | None:
    """The status of a run's directory; None where there is none that can be read."""
    try:
        return Status(**json.loads((Path(directory) / NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def recorded(directory: str | Path, pruned: Callable[[], str] = str) -> Generator[None]:
    """Record that the run inside is running, and how it ends; what it raises goes on.

    `SystemExit` with the status of a signal, and `KeyboardInterrupt`, interrupt a run; all else fails it.

    Args:
        directory: of the run.
        pruned: asked at the end, why the run was given up; empty when it was not.
    """
    path = Path(directory)
    status = Status("running", _now(), None, "", "", platform.node(), os.getpid())
    status.write(path)
    try:
        yield
    except BaseException as error:
        broken_off = isinstance(error, KeyboardInterrupt) or _signal(error) is not None
        *_, last = format_exception(error)
        ended = replace(
            status,
            state="interrupted" if broken_off else "failed",
            ended=_now(),
            error=unsecret(_said(error) if broken_off else last.strip()),
            traceback="" if broken_off else unsecret("".join(format_exception(error))),
        )
        _write_if_possible(ended, path)
        raise
    told = read(path)
    if told is not None and told.state == "pruned":  # by a run inside a job that is recorded too
        return
    reason = pruned()
    replace(status, state="pruned" if reason else "finished", ended=_now(), error=reason).write(path)


def _write_if_possible(status: Status, path: Path) -> None:
    try:
        status.write(path)
    except OSError as error:  # such as a full disk, which may be what ended the run
        sys.stderr.write(f"{path / NAME} could not be written: {error}\n")


def _signal(error: BaseException) -> int | None:
    """The signal that an exit's status tells of, if it tells of one."""
    code = error.code if isinstance(error, SystemExit) else None
    return code - 128 if isinstance(code, int) and code > 128 else None


def _said(error: BaseException) -> str:
    number = _signal(error) or signal.SIGINT
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def unsecret(text: str) -> str:
    """`text` without what the environment holds under names of secrets, and without what its own words give away."""
    for name, value in os.environ.items():
        if len(value) > 5 and _SECRET.search(name):
            text = text.replace(value, f"${name}")
    return masked(text)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _alive(pid: int, since: datetime) -> bool:
    """Whether the process is there, and is not another one that was given its number later."""
    try:
        found = _STAT.match(Path(f"/proc/{pid}/stat").read_text())
        booted = re.search(r"^btime (\d+)", Path("/proc/stat").read_text(), re.MULTILINE)
    except FileNotFoundError:
        return not Path("/proc/self").exists() and _answers(pid)
    if found is None or booted is None:
        return _answers(pid)
    began = datetime.fromtimestamp(int(booted[1]) + int(found[2]) / os.sysconf("SC_CLK_TCK"), UTC)
    return found[1] not in "ZX" and began <= since + timedelta(seconds=2)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
