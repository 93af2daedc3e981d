"""Doing something beside a program, where there is a second process for it."""

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def aside() -> Generator[bool]:
    """True for whoever is to do it: a forked process, which ends with the context, or this one where none is safe."""
    # Of threads, a fork would have none, and their locks as they are; macOS's own libraries do not survive one.
    if not hasattr(os, "fork") or sys.platform == "darwin" or threading.active_count() > 1:
        yield True
        return
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        yield False
        return
    try:
        # Whoever waits for the end of the program's output does not wait for this.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.nice(10)
        yield True
    finally:
        os._exit(0)
