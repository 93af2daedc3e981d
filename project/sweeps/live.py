"""A sweep while it runs: a table that is drawn anew on a terminal, a line for each job elsewhere."""

import re
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

from rich.console import Console
from rich.console import Group as Stack
from rich.live import Live as Drawing
from rich.table import Table
from rich.text import Text

from project.console import show

from .files import Files, last_line, last_value
from .outcome import Job, State
from .record import Record
from .sweep import Sweep, read, stands
from .table import STYLES, brief, duration, figure, headline, table, valued

PERIOD_S = 0.5
_LOG_PREFIX = re.compile(r"^(?:\[[^\]]*\])+ - ")
_OVER: tuple[State, ...] = ("finished", "pruned", "failed", "killed", "interrupted")
_FIRST: tuple[State, ...] = ("running", "failed", "killed", "finished", "pruned", "interrupted", "waiting", "not begun")
"""Which jobs are shown where not all have room."""
_GAP = 2
"""Columns between two of the table."""


class Live:
    """Shows how far a sweep is, from what its jobs have written.

    Nothing happens but when it is asked to: it starts no thread, so that the process that runs the sweep may fork.

    Args:
        console: where a table is drawn, if it is a terminal.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._files = Files()
        self._drawing: Drawing | None = None
        self._told: Mapping[str, tuple[State, int]] = {}
        self._next = 0.0

    @property
    def draws(self) -> bool:
        """Whether there is a terminal to draw a table on."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    @contextmanager
    def drawing(self, record: Record, directory: str | Path) -> Generator[None]:
        """Draw a sweep that tells of its jobs by itself where no table is drawn, and show the table at its end."""
        if self.draws:
            self.begin(record, directory)
        try:
            yield
        finally:
            if self.draws:
                self.end()
            else:
                show(table(read(directory)))

    def begin(self, record: Record, directory: str | Path) -> None:
        """Show a sweep that is about to run; how it goes on is read in its directory."""
        self.directory, self._record = Path(directory), record
        self._told = _states(stands(record, self.directory, self._files))
        if self.draws:
            # Standard output is left alone: what replaces it would be inherited by the jobs.
            options: dict[str, Any] = {"auto_refresh": False, "redirect_stdout": False, "redirect_stderr": False}
            self._drawing = Drawing(console=self._console, transient=True, **options)
            self._drawing.start()
            self._console.show_cursor(True)  # whatever becomes of this process
        self.tick()

    def tick(self) -> None:
        """Look at the jobs, if the last look was not just now."""
        begun = monotonic()
        if begun >= self._next:
            self._look(self._sweep())
            # Of hundreds of jobs, a look takes as long as it takes: a tenth of the time at most goes into it.
            self._next = monotonic() + max(PERIOD_S, 9 * (monotonic() - begun))

    def end(self) -> None:
        """Nothing of it runs any more: show what it has found."""
        sweep = self._sweep()
        if self._drawing is None:
            self._tell(sweep)
        else:
            self._drawing.stop()
            self._drawing = None
        show(table(sweep))

    def _sweep(self) -> Sweep:
        with suppress(OSError, ValueError):  # not written yet: it stands as it began
            self._record = Record.read(self.directory)
        return stands(self._record, self.directory, self._files)

    def _look(self, sweep: Sweep) -> None:
        if self._drawing is None:
            self._tell(sweep)
        else:
            self._drawing.update(drawn(sweep, self._console.height, self._console.width), refresh=True)

    def _tell(self, sweep: Sweep) -> None:
        """A line for each job that has begun or ended since the last one."""
        now = _states(sweep)
        for job in sweep.jobs:
            before = self._told.get(job.name, ("waiting", 0))
            if now[job.name] != before and job.state in (*_OVER, "running"):
                say(_line(sweep, job))
        self._told = now


def say(line: str) -> None:
    """Say a line about the sweep, where its own process writes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _states(sweep: Sweep) -> dict[str, tuple[State, int]]:
    return {job.name: (job.state, job.tries) for job in sweep.jobs}


def drawn(sweep: Sweep, height: int, width: int) -> Stack:
    """The table of a sweep that is running, of at most `height` lines and `width` columns."""
    shown = _shown(sweep, max(1, height - 5))
    names = ("job", *sweep.swept, sweep.monitor or "value", "time", "state")
    rows = [_row(sweep, job) for job in shown]
    # Expanded, so that the last column has what is left, and takes nothing from the others.
    made = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name, column in zip(names, _widths(names, rows, width), strict=True):
        made.add_column(name, no_wrap=True, overflow="ellipsis", width=column)
    made.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        made.add_row(*row)
    more = len(sweep.jobs) - len(rows)
    return Stack(headline(sweep), made, *([Text(f"and {more} more", style="dim")] if more else []), _outlook(sweep))


def _widths(names: Sequence[str], rows: Sequence[Sequence[Text]], room: int) -> list[int]:
    """Of each named column: what its cells need, and of the names as much as there is room for."""
    needs = [max((len(row[column]) for row in rows), default=0) for column in range(len(names))]
    widths = needs
    for most in range(max(map(len, names)) + 1):
        wider = [max(need, min(len(name), most)) for name, need in zip(names, needs, strict=True)]
        if sum(wider) + _GAP * len(wider) > room:
            break
        widths = wider
    return widths


def remaining(sweep: Sweep) -> float | None:
    """Seconds that are left, if the jobs take as long as those that finished and as many run at a time."""
    took = [job.seconds for job in sweep.jobs if job.state == "finished" and job.seconds is not None]
    running = [job.seconds or 0.0 for job in sweep.jobs if job.state == "running"]
    if not took:
        return None
    each = fmean(took)
    left = each * sweep.counts.get("waiting", 0) + sum(max(0.0, each - seconds) for seconds in running)
    return left / max(1, len(running))


def _shown(sweep: Sweep, room: int) -> list[Job]:
    if len(sweep.jobs) <= room:
        return list(sweep.jobs)
    names = {job.name for job in sorted(sweep.jobs, key=lambda job: _FIRST.index(job.state))[:room]}
    return [job for job in sweep.jobs if job.name in names]


def _row(sweep: Sweep, job: Job) -> list[Text]:
    value = _so_far(job) if job.state == "running" else valued(sweep, job)
    state = Text(job.state, style=STYLES[job.state])
    return [
        *map(Text, (job.name, *map(brief, job.values.values()), value, duration(job.seconds))),
        state,
        Text(_where(job)),
    ]


def _where(job: Job) -> str:
    """Where a running job is, or why it ended."""
    if job.state != "running":
        return job.reason
    return _LOG_PREFIX.sub("", last_line(job.directory / "train.log"))


def _so_far(job: Job) -> str:
    value = last_value(job.directory / "metrics.csv", job.monitor)
    return "" if value is None else f"({figure(value)})"


def _outlook(sweep: Sweep) -> Text:
    """The best so far, and how long it will take."""
    left, best = remaining(sweep), sweep.best
    said = [] if best is None else [f"best {best.monitor} {figure(best.value)} of job {best.name}"]
    return Text("  ".join([*said, *([f"about {duration(left)} left"] if left else [])]), style="bold")


def _line(sweep: Sweep, job: Job) -> str:
    values = " ".join(f"{path}={brief(value)}" for path, value in job.values.items())
    asked = f": {values}" if values else ""
    if job.state == "running":
        return f"job {job.name} begins{asked}"
    took = f" in {duration(job.seconds)}" if job.seconds is not None else ""
    what = f", {job.monitor} {figure(job.value)}" if job.value is not None else f", {job.reason}" if job.reason else ""
    over = sum(sweep.counts.get(state, 0) for state in _OVER)
    outlook = ", ".join(filter(None, (f"{over} of {len(sweep.jobs)}", *_outlook(sweep).plain.split("  "))))
    return f"job {job.name} {job.state}{took}{what}{asked}  ({outlook})"
