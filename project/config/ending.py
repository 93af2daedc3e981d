"""How a sweep ends at a signal: the jobs that run end, each in its own way, and it with them."""

import gc
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType

from hydra.plugins.launcher import Launcher

from project.config.engine import Engine
from project.deferred import settle
from project.interruption.signals import ENDING, ONE_S, Interrupted, handled, unclaimed
from project.sweeps.jobs import stop, tell

_TICK_S = 0.25


class Ending:
    """Looks after the jobs of a sweep while they run.

    Args:
        engine: runs them.
        sweep: its directory.
        jobs: their directories; to be set again before others are run.
        tick: called now and then.
    """

    def __init__(
        self, engine: Launcher, sweep: Path, jobs: Sequence[Path] = (), tick: Callable[[], None] = lambda: None
    ) -> None:
        self.engine, self.sweep, self.jobs, self.tick = engine, sweep, jobs, tick
        self.grace_s = engine.grace_s if isinstance(engine, Engine) else 0
        self.signum: int | None = None
        self._since = 0.0
        self._told: set[int] = set()

    @contextmanager
    def heard(self) -> Generator[None]:
        """Within it, a signal lets the jobs save and end; `signum` is then that signal.

        Raises:
            Interrupted: at once, where the engine is not to wait for them, or a second signal comes.
        """
        with self._listening(), self._looking():
            yield

    @contextmanager
    def _looking(self) -> Generator[None]:
        """Look after the sweep while its jobs run: between them, or beside them in a thread, which no fork inherits."""
        if isinstance(self.engine, Engine) and self.engine.forks:
            self.engine.tick = self._tick
            settle()
            # What is there already is nobody's garbage: a collection would go through it, and copy it in a fork.
            gc.freeze()
            try:
                yield
            finally:
                gc.unfreeze()
            return
        over = threading.Event()

        def look() -> None:
            while not over.wait(_TICK_S):
                self._tick()

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _tick(self) -> None:
        if self.signum is not None:
            self._tell(self.signum)
            if monotonic() - self._since > self.grace_s:
                self._told.clear()
                self._tell(signal.SIGKILL)
        self.tick()

    @contextmanager
    def _listening(self) -> Generator[None]:
        """Let a signal end the jobs that run, each in its own way, and the sweep with them."""
        with handled({signum: self._receive for signum in ENDING if unclaimed(signum)}):
            yield

    def _receive(self, signum: int, _: FrameType | None) -> None:
        if not self.grace_s:
            raise Interrupted(signum)
        if self.signum is None:
            self.signum, self._since = signum, monotonic()
            stop(self.sweep, signal.Signals(signum).name)
            self._tell(signum)
        elif monotonic() - self._since > ONE_S:
            self._told.clear()
            self._tell(signum)
            raise Interrupted(signum)

    def _tell(self, signum: int) -> None:
        """Have each job that runs hear of a signal once."""
        self._told |= tell(signum, self.jobs, self._told)
