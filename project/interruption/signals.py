"""Signals as a process receives them."""

import os
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Final

Handler = Callable[[int, FrameType | None], object]

ENDING: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What a user, a terminal that is closed and a machine that shuts down send."""
ONE_S: Final = 0.5
"""Seconds within which a signal that comes again is the same one: a terminal and a launcher both deliver it."""
_ended_at = -ONE_S


class Interrupted(SystemExit):
    """The end of a run that a signal asked for, with the status that shells give it: 128 and the signal's number."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


@contextmanager
def handled(handlers: Mapping[int, Handler]) -> Generator[None]:
    """Handle signals inside; outside of the main thread, where Python hears of none, nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {signum: signal.signal(signum, handler) for signum, handler in handlers.items()}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def end(signum: int, _: FrameType | None) -> None:
    """Handle a signal by ending at once, where there is nothing to be saved but that it came."""
    global _ended_at
    if monotonic() - _ended_at > ONE_S:
        _ended_at = monotonic()
        raise Interrupted(signum)


def unclaimed(signum: int) -> bool:
    """Whether nobody handles the signal, nor has it ignored as `nohup` does."""
    return signal.getsignal(signum) in {signal.SIG_DFL, signal.default_int_handler, end}


def inherited(signum: int) -> None:
    """Handle a signal in a process that has been forked, such as a dataloader's worker, as if nothing was handled.

    A Ctrl-C reaches the workers of a terminal's process too; they go on until it has no more need of them.
    """
    if signum != signal.SIGINT:
        signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)


def write(line: str) -> None:
    """Say something while a signal is handled, when whatever else is writing may be in the middle of it."""
    os.write(2, f"{line}\n".encode())


def name_of(signum: int) -> str:
    """`SIGTERM` and the like."""
    return signal.Signals(signum).name
