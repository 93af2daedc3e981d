"""One start of a sweep: its jobs are run, and run again where they may be, until nothing is left or a signal comes."""

import gc
import logging
import os
import platform
import signal
import threading
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from traceback import format_exception
from types import FrameType
from typing import Any, Literal, NamedTuple

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher

from project.config.engine import Engine, NotBegunError
from project.interruption.signals import ENDING, ONE_S, Interrupted, handled, unclaimed
from project.status import Status
from project.sweeps.jobs import Truth, go_on, set_aside, stop, tell, truth
from project.sweeps.live import Live, say
from project.sweeps.record import Asked, Record

_ANNOUNCING = "hydra._internal.core_plugins.basic_launcher", "hydra_plugins"
"""Loggers of the launchers, which announce each job before it begins."""
_TICK_S = 0.25


class Policy(NamedTuple):
    """What follows when a job has failed: whether others are begun, and how often it is begun anew itself."""

    on_failure: Literal["continue", "stop"]
    retries: int


class Rounds:
    """Runs the jobs of a sweep that are asked for and not finished.

    What came of a job is read in its directory, whichever process has run it.

    Args:
        engine: runs them.
        directory: the sweep's.
        record: what it is asked for.
        lines: the overrides of each job that is asked for, by its number.
        policy: what follows when one has failed.
        live: tells of them meanwhile.
    """

    def __init__(
        self,
        engine: Launcher,
        directory: Path,
        record: Record,
        lines: Mapping[int, Sequence[str]],
        policy: "Policy",
        live: Live,
    ) -> None:
        self.engine, self.directory, self.record, self.lines = engine, directory, record, lines
        self.policy, self.live = policy, live
        self.grace_s = engine.grace_s if isinstance(engine, Engine) else 0
        self.signum: int | None = None
        self._since = 0.0
        self._told: set[int] = set()
        self._failures, self._losses = Counter[int](), Counter[int]()

    def run(self) -> None:
        """Run them, and end as they did.

        Raises:
            SystemExit: with status 1 where not all have finished, or a signal's where one came.
        """
        todo = [number for number in self.lines if self._truth(number) != "finished"]
        if len(todo) < len(self.lines):
            say(f"{self.directory}: {len(self.lines) - len(todo)} of {len(self.lines)} jobs are finished already")
        for name in _ANNOUNCING:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.live.begin(self.record, self.directory)
        try:
            with self._listening(), self._looking():
                while todo and self.signum is None:
                    self._explain(todo, self._launched(todo))
                    todo = self._again(todo)
        finally:
            self._write(ended=_now())
            self.live.end()
        left = sum(self._truth(number) != "finished" for number in self.lines)
        if left:
            say(
                f"{self.directory}: {left} of {len(self.lines)} jobs have not finished; the same line goes on with them"
            )
        if self.signum is not None:
            raise Interrupted(self.signum)
        if left:
            raise SystemExit(1)

    def _truth(self, number: int) -> Truth:
        return truth(self.directory / str(number))

    def _launched(self, todo: Sequence[int]) -> Sequence[JobReturn]:
        """Begin these jobs, and wait until none of them runs."""
        go_on(self.directory)
        states = {number: self._truth(number) for number in todo}
        for number, state in states.items():
            if state == "failed":
                set_aside(self.directory / str(number))
        anew = {number for number, state in states.items() if state in {"failed", "waiting"}}
        self._write(jobs=tuple(_tried(job) if job.number in anew else job for job in self.record.jobs))
        lines = [[*self.lines[number], f"hydra.sweep.subdir={number}"] for number in todo]
        return self.engine.launch(lines, initial_job_idx=todo[0])

    def _explain(self, todo: Sequence[int], returned: Sequence[JobReturn]) -> None:
        """Record how those jobs ended that could not do so themselves."""
        for number, done in zip(todo, returned, strict=True):
            state, error = self._truth(number), _error(done)
            if state == "waiting" and done.status == JobStatus.COMPLETED:  # by a launcher that is none of ours
                self._record(number, "finished", None)
            if state not in {"waiting", "killed"} or done.status == JobStatus.COMPLETED:
                continue
            if self.signum is not None or isinstance(error, NotBegunError):
                continue
            self._losses[number] += 1
            if self._losses[number] > 1:
                self._record(number, "failed", error)

    def _again(self, todo: Sequence[int]) -> list[int]:
        """The jobs that are to be begun again: what failed and may, and what its engine has lost or not begun."""
        states = {number: self._truth(number) for number in todo}
        self._failures.update(number for number, state in states.items() if state == "failed")
        over = {
            number for number in todo if states[number] == "failed" and self._failures[number] > self.policy.retries
        }
        if over and self.policy.on_failure == "stop":
            return []
        return [number for number in todo if number not in over and states[number] in {"failed", "waiting", "killed"}]

    def _record(self, number: int, state: Literal["finished", "failed"], error: Exception | None) -> None:
        now, told = _now(), [] if error is None else format_exception(error)
        ended = Status(state, now, now, "".join(told[-1:]).strip(), "".join(told), platform.node(), os.getpid())
        ended.write(self.directory / str(number))

    def _write(self, **changed: Any) -> None:
        self.record = replace(self.record, **changed)
        self.record.write(self.directory)

    @contextmanager
    def _looking(self) -> Generator[None]:
        """Look after the sweep while its jobs run: between them, or beside them in a thread, which no fork inherits."""
        if isinstance(self.engine, Engine) and self.engine.forks:
            self.engine.tick = self._tick
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
        self.live.tick()

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
            stop(self.directory, signal.Signals(signum).name)
            self._tell(signum)
        elif monotonic() - self._since > ONE_S:
            self._told.clear()
            self._tell(signum)
            raise Interrupted(signum)

    def _tell(self, signum: int) -> None:
        """Have each job that runs hear of a signal once."""
        self._told |= tell(signum, (self.directory / str(number) for number in self.lines), self._told)


def _error(done: JobReturn) -> Exception | None:
    untyped: Any = done  # its `return_value` raises it, and prints
    return untyped._return_value if done.status == JobStatus.FAILED else None


def _tried(job: Asked) -> Asked:
    return replace(job, tries=job.tries + 1)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
