"""One start of a sweep: its jobs are run, and run again where they may be, until nothing is left or a signal comes."""

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from traceback import format_exception
from typing import Any, Literal, NamedTuple

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher

from project.config.ending import Ending
from project.config.engine import NotBegunError, error_of
from project.interruption.signals import Interrupted
from project.status import Status
from project.sweeps.jobs import Truth, go_on, set_aside, truth
from project.sweeps.live import Live, say
from project.sweeps.record import Asked, Record


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
        self.ending = Ending(engine, directory, [directory / str(number) for number in lines], live.tick)
        self._failures, self._losses = Counter[int](), Counter[int]()

    def run(self) -> None:
        """Run them, and end as they did.

        Raises:
            SystemExit: with status 1 where not all have finished, or a signal's where one came.
        """
        todo = [number for number in self.lines if self._truth(number) != "finished"]
        if len(todo) < len(self.lines):
            say(f"{self.directory}: {len(self.lines) - len(todo)} of {len(self.lines)} jobs are finished already")
        self.live.begin(self.record, self.directory)
        try:
            with self.ending.heard():
                while todo and self.ending.signum is None:
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
        if self.ending.signum is not None:
            raise Interrupted(self.ending.signum)
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
            state, error = self._truth(number), error_of(done)
            if state == "waiting" and done.status == JobStatus.COMPLETED:  # by a launcher that is none of ours
                self._record(number, "finished", None)
            if state not in {"waiting", "killed"} or done.status == JobStatus.COMPLETED:
                continue
            if self.ending.signum is not None or isinstance(error, NotBegunError):
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


def _tried(job: Asked) -> Asked:
    return replace(job, tries=job.tries + 1)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
