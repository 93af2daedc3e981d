"""A job in a process of its own: whatever ends it is recorded in its directory, and ends nothing else.

The process is forked from one that has imported everything and computed nothing, so that a job costs no start-up, finds
what every other job finds, and leaves nothing behind.
"""

import atexit
import multiprocessing
import os
import platform
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import Any, Final, NoReturn

import torch

from project.interruption.signals import ENDING, end, handled
from project.status import Status, recorded, unsecret
from project.status import read as read_status

from .child import OUTPUT, heard, judged, run

_TICK_S: Final = 0.2
_GRACE_S: Final = 10
"""Seconds that a process has to end after its job has."""
_PROBE_S: Final = 10
"""Seconds after which a fork that computes next to nothing is taken to wait for ever."""
_PARALLEL: Final = 1 << 18
"""Numbers of which torch does not leave all to one thread."""
_TAIL: Final = 4000
"""Characters of its output that are kept of a process which ended without a word."""

_leaving = list[Any]()
"""Processes that have answered, and are about to end."""


class JobError(RuntimeError):
    """Why a job did not finish, in a line; its `status.json` has the rest."""


def contained(task: Callable[[Any], Any], config: Any, directory: Path, tick: Callable[[], None] = lambda: None) -> Any:
    """Call `task` with `config` in a fork of this process, what it prints going to `output.log`, and return its value.

    Without a fork it is called right here, where what raises is contained and what kills the process is not: outside of
    Linux, and where torch has already computed something, whose threads no fork inherits, or CUDA is in use.

    A signal that ends this process is passed on to the job, and then handled here as it would have been.

    Args:
        task: the job.
        config: what it is called with.
        directory: the job's own, where its `status.json` is.
        tick: called about five times a second while the job runs.

    Raises:
        JobError: the job did not finish.
    """
    if not may_fork():
        with handled(dict.fromkeys(heard(), end)):
            return called(task, config, directory)
    _all_ended()
    context: Any = multiprocessing.get_context("fork")
    results, sender = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(task, config, directory, sender, os.getpid()))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or the child would write again what is still in their buffers
    with results, _passing_on(process):
        with sender, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside Python's own threads
            process.start()
        answer = _answer(process, results, tick)
        if answer is not None:
            _leaving.append(process)
            return answer[0]
        _ended(process)
    raise JobError(_explained(directory, process.pid, process.exitcode).error)


def called(task: Callable[[Any], Any], config: Any, directory: Path) -> Any:
    """Call `task` in this process, record how it ends, and return its value.

    Raises:
        JobError: it did not finish; a signal goes on as the `SystemExit` that it is.
    """
    try:
        with recorded(directory):
            return judged(task(config))
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        found = read_status(directory)
        if found is None or found.state == "interrupted":
            raise
        raise JobError(found.error) from error


def may_fork() -> bool:
    """Whether a fork of this process could do all that it could."""
    threads = _native_threads()
    return threads is not None and not torch.cuda.is_initialized() and _computes(threads)  # type: ignore[no-untyped-call]


def _native_threads() -> int | None:
    """The threads that are not Python's; None where nobody tells."""
    try:
        return len(os.listdir("/proc/self/task")) - threading.active_count()  # noqa: PTH208  # which makes no paths
    except FileNotFoundError:
        return None


@cache
def _computes(_: int) -> bool:
    """Whether a fork can compute; asked of one, and again when there are more threads.

    Where this process has computed in several threads, of OpenMP or of autograd, a fork waits for ever for those of the
    one and has an error for the other. How many of the threads are theirs cannot be seen.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside Python's own threads
        pid = os.fork()
    if not pid:
        _compute_and_exit()
    until = monotonic() + _PROBE_S
    while monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status == 0
        sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def _compute_and_exit() -> NoReturn:
    try:
        values = torch.ones(_PARALLEL, requires_grad=True)
        (values * values).sum().backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    except BaseException:
        os._exit(1)
    os._exit(0)


@contextmanager
def _passing_on(process: Any) -> Generator[None]:
    """Pass a signal on to the job, and have it handled as before when the job has ended."""
    came: list[int] = []

    def receive(signum: int, _: FrameType | None) -> None:
        came.append(signum)
        if process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signum)

    watched = heard()
    with ExitStack() as stack:
        signal.pthread_sigmask(signal.SIG_BLOCK, watched)  # until there is somebody to pass it on to
        stack.callback(signal.pthread_sigmask, signal.SIG_UNBLOCK, watched)
        stack.enter_context(handled(dict.fromkeys(watched, receive)))
        yield
    for signum in dict.fromkeys(came):
        signal.raise_signal(signum)


def _answer(process: Any, results: "Connection[Any, Any]", tick: Callable[[], None]) -> tuple[Any] | None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    while not results.poll(_TICK_S):
        tick()
        if process.exitcode is not None and not results.poll():
            return None
    try:
        answer: tuple[Any] = results.recv()
    except Exception:  # its end, or what cannot be unpickled here
        return None
    return answer


@atexit.register
def _all_ended() -> None:
    """Wait for what is left of jobs that have answered: memory is given back while the next one is composed."""
    while _leaving:
        _ended(_leaving.pop())


def _ended(process: Any) -> None:
    """Wait for a process whose job is over; its own children may hold all that `join` waits for."""
    until = monotonic() + _GRACE_S
    while process.exitcode is None:
        if monotonic() > until:
            process.kill()
        sleep(0.001)


def _explained(directory: Path, pid: int, exitcode: int) -> Status:
    """The status of a job whose process has ended, which this one writes if that could not."""
    found = read_status(directory)
    if found is not None and found.state != "running" and found.pid == pid:
        return found
    now = datetime.now(UTC).isoformat(timespec="seconds")
    began = found.started if found is not None and found.pid == pid else now
    said = unsecret(_tail(directory / OUTPUT))
    ended = Status("failed", began, now, _cause(exitcode), said, platform.node(), pid)
    ended.write(directory)
    return ended


def _cause(exitcode: int) -> str:
    if exitcode >= 0:
        return f"its process ended with status {exitcode}, and said no more"
    name = signal.Signals(-exitcode).name if -exitcode in set(signal.Signals) else f"signal {-exitcode}"
    memory = ", as it is when the machine's memory is used up" if -exitcode == signal.SIGKILL else ""
    return f"its process was ended by {name}{memory}"


def _tail(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[-_TAIL:]
    except OSError:
        return ""
