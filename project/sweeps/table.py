"""What a sweep found, as tables for a terminal."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.console import Group as Stack
from rich.table import Table
from rich.text import Text

from .outcome import SEED, Job, State
from .sweep import Sweep

STYLES: dict[State, str] = {
    "finished": "green",
    "pruned": "dim",
    "running": "cyan",
    "interrupted": "yellow",
    "waiting": "dim",
    "not begun": "dim",
    "killed": "red",
    "failed": "red",
}
_DRAWN = re.compile(r"-?\d+\.\d{6,}(?:e[-+]?\d+)?", re.IGNORECASE)
_MARK = " *"


def table(sweep: Sweep) -> RenderableType:
    """What to tell of a sweep: how it stands, its jobs with the best first, and the means over seeds if there are."""
    parts: list[RenderableType] = [headline(sweep), _Jobs(sweep)]
    if sweep.front:
        parts.append(Text(f"{_MARK.strip()} Pareto front: no other is as good in all objectives, and better in one"))
    if any(len(group.jobs) > 1 for group in sweep.groups):
        parts += [Text("over seeds", style="bold"), seeds_table(sweep)]
    return Stack(*parts)


def headline(sweep: Sweep) -> Text:
    """The directory, and how many jobs are in which state."""
    said = Text(shown(sweep.directory), style="bold")
    for state, count in sweep.counts.items():
        said.append("  ").append(f"{count} {state}", style=STYLES[state])
    return said


@dataclass(frozen=True)
class _Jobs:
    """A row a job; without the paths, which follow from the directory and the job's name, where they have no room."""

    sweep: Sweep

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # A reason alone may be folded.
        short = replace(self.sweep, jobs=tuple(replace(job, reason="") for job in self.sweep.jobs))
        needed = jobs_table(short, paths=True).__rich_measure__(console, options).maximum
        yield jobs_table(self.sweep, paths=needed <= options.max_width)


def jobs_table(sweep: Sweep, *, paths: bool) -> Table:
    """A row a job."""
    made = _table("job", *sweep.swept, *judged_by(sweep), "time")
    made.add_column("state", overflow="fold")
    if paths:  # in one piece, to be copied
        made.add_column("path", no_wrap=True)
    for job in sweep.ranked:
        state = Text(f"{job.state}: {job.reason}" if job.reason else job.state, style=STYLES[job.state])
        cells = (marked(sweep, job), *map(brief, job.values.values()), *judged(sweep, job), duration(job.seconds))
        made.add_row(*map(Text, cells), state, *([Text(shown(job.directory))] if paths else []))
    return made


def seeds_table(sweep: Sweep) -> Table:
    """A row a group of jobs that differ in nothing but their seed."""
    made = _table(*unseeded(sweep), f"mean {sweep.monitor or 'value'}", "± deviation", "n", "jobs")
    for group in sweep.groups:
        values = (brief(group.jobs[0].values[path]) for path in unseeded(sweep))
        deviation = "" if group.deviation is None else f"± {figure(group.deviation)}"
        names = " ".join(job.name for job in group.jobs)
        made.add_row(*map(Text, (*values, figure(group.mean), deviation, str(len(group.jobs)), names)))
    return made


def unseeded(sweep: Sweep) -> list[str]:
    """What is swept over besides the seed."""
    return [path for path in sweep.swept if path != SEED]


def marked(sweep: Sweep, job: Job) -> str:
    """A job's name, with a mark where it is on the Pareto front."""
    return f"{job.name}{_MARK}" if job.name in sweep.front else job.name


def judged_by(sweep: Sweep) -> list[str]:
    """The names of the values that a sweep is for."""
    return list(sweep.objectives) or [sweep.monitor or "value"]


def judged(sweep: Sweep, job: Job) -> list[str]:
    """These values of a job."""
    return [figure(job.reached.get(name)) for name in sweep.objectives] or [valued(sweep, job)]


def valued(sweep: Sweep, job: Job) -> str:
    """A job's value, with its name where not all are judged by the same one."""
    if job.value is None:
        return ""
    return figure(job.value) if sweep.monitor else f"{job.monitor} {figure(job.value)}"


def figure(value: float | None) -> str:
    """A metric, in four decimals or four digits; nothing where there is none."""
    if value is None:
        return ""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.4g}"


def brief(value: str) -> str:
    """A value that was swept over; of a number that a search has drawn, a few digits."""
    return f"{float(value):.4g}" if _DRAWN.fullmatch(value) else value


def duration(seconds: float | None) -> str:
    """Hours, minutes and seconds; tenths of a second below a minute."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes else f"{seconds:.1f} s"


def shown(path: Path) -> str:
    """A path as a user would type it from here."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def _table(*names: str) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        made.add_column(Text(name), overflow="fold")
    return made
