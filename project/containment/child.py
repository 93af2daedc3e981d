"""The process of a contained job."""

import ctypes
import faulthandler
import math
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from project.interruption.signals import ENDING, end
from project.status import recorded

OUTPUT: Final = "output.log"
"""What a job of a sweep prints, in its directory."""
_PR_SET_PDEATHSIG: Final = 1


def run(task: Callable[[Any], Any], config: Any, directory: Path, results: "Connection[Any, Any]", parent: int) -> None:
    """Do the job, and send what comes of it; it ends with the process `parent`, whatever ends that."""
    die_with(parent)
    for signum in heard():
        signal.signal(signum, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    _print_to(directory / OUTPUT)
    with recorded(directory):
        value = judged(task(config))
    try:
        results.send((value,))
    except Exception:  # it cannot be pickled, and nobody can use it
        results.send((None,))


def _print_to(path: Path) -> None:
    """Have everything that this process prints, and what its libraries and its children do, appended to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a notebook's has none
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with suppress(OSError, ValueError):
        faulthandler.enable()


def die_with(parent: int) -> None:
    """Have this process killed when `parent`, whose child it is, is gone; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(128 + signal.SIGKILL)


def heard() -> list[signal.Signals]:
    """The signals that end this process, but for those that it was started to ignore, as by `nohup`."""
    return [signum for signum in ENDING if signal.getsignal(signum) != signal.SIG_IGN]


def judged(value: Any) -> Any:
    """The value of a job, or a `FloatingPointError` where that is no number."""
    if isinstance(value, float) and math.isnan(value):
        raise FloatingPointError("the value of the job is no number (NaN)")
    return value
