"""What a sweep found, for other programs: CSV, JSON, Markdown."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from .importance import importance
from .outcome import SEED, Job
from .sweep import Group, Sweep
from .table import brief, duration, figure, judged, judged_by, marked, shown, unseeded


def as_csv(sweep: Sweep) -> str:
    """A row a job, the best first, and a column for each value and for each metric that any of them ended with.

    `mean`, `deviation` and `n` are those of the jobs that differ from this one in nothing but their seed.
    """
    rows = [dict(_columns(sweep, job)) for job in sweep.ranked]
    names = dict.fromkeys(name for row in rows for name in row)
    last = [name for name in ("seconds", "tries", "path", "reason") if name in names]
    written = io.StringIO()
    writer = csv.DictWriter(written, [*(name for name in names if name not in last), *last], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _columns(sweep: Sweep, job: Job) -> Iterator[tuple[str, object]]:
    yield from (("job", job.name), ("state", job.state))
    yield from job.values.items()
    if SEED not in sweep.swept:
        yield SEED, job.seed
    yield from () if sweep.monitor else (("monitor", job.monitor),)
    if sweep.objectives:
        yield from ((name, job.reached.get(name)) for name in sweep.objectives)
        yield "front", job.name in sweep.front
    else:
        yield sweep.monitor or "value", job.value
    if group := next((group for group in sweep.groups if job in group.jobs and len(group.jobs) > 1), None):
        yield from (("mean", group.mean), ("deviation", group.deviation), ("n", len(group.jobs)))
    # The monitored metric is its best value; this one is the last.
    yield from ((name, value) for name, value in job.metrics.items() if name not in {sweep.monitor, *sweep.objectives})
    yield from (("seconds", job.seconds), ("tries", job.tries), ("path", shown(job.directory)), ("reason", job.reason))


def as_json(sweep: Sweep) -> str:
    """Everything that is known, the best job first."""
    return f"{json.dumps(plain(sweep), indent=2, allow_nan=False)}\n"


def plain(sweep: Sweep) -> dict[str, Any]:
    """A sweep as numbers, texts, lists and mappings."""
    return {
        "directory": shown(sweep.directory),
        "command": list(sweep.command),
        "started": sweep.started,
        "running": sweep.running,
        "swept": list(sweep.swept),
        "monitor": sweep.monitor,
        "objectives": dict(sweep.objectives),
        "front": [job.name for job in sweep.ranked if job.name in sweep.front],
        "best": sweep.best.name if sweep.best else None,
        "counts": sweep.counts,
        "importance": importance(sweep),
        "jobs": [_job(job) for job in sweep.ranked],
        "seeds": [_group(sweep, group) for group in sweep.groups if len(group.jobs) > 1],
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "job": job.name,
        "state": job.state,
        "values": dict(job.values),
        "seed": job.seed,
        "monitor": job.monitor,
        "mode": job.mode,
        "value": job.value,
        "reached": dict(job.reached),
        "metrics": dict(job.metrics),
        "seconds": job.seconds,
        "tries": job.tries,
        "path": shown(job.directory),
        "reason": job.reason,
        "traceback": job.traceback,
        "overrides": list(job.overrides),
    }


def _group(sweep: Sweep, group: Group) -> dict[str, Any]:
    return {
        "values": {path: group.jobs[0].values[path] for path in unseeded(sweep)},
        "mean": group.mean,
        "deviation": group.deviation,
        "n": len(group.jobs),
        "jobs": [job.name for job in group.jobs],
    }


def as_markdown(sweep: Sweep) -> str:
    """The tables that a terminal shows, for an issue or a page."""
    jobs = [
        [marked(sweep, job), *map(brief, job.values.values()), *judged(sweep, job), duration(job.seconds), job.state]
        for job in sweep.ranked
    ]
    for cells, job in zip(jobs, sweep.ranked, strict=True):
        cells[-1] += f": {job.reason}" if job.reason else ""
        cells.append(shown(job.directory))
    made = _table(["job", *sweep.swept, *judged_by(sweep), "time", "state", "path"], jobs)
    groups = [
        [*(brief(group.jobs[0].values[path]) for path in unseeded(sweep)), _spread(group), str(len(group.jobs))]
        for group in sweep.groups
    ]
    if any(len(group.jobs) > 1 for group in sweep.groups):
        name = f"{sweep.monitor or 'value'}, mean ± deviation"
        made += f"\n{_table([*unseeded(sweep), name, 'n'], groups)}"
    return made


def _spread(group: Group) -> str:
    return figure(group.mean) + ("" if group.deviation is None else f" ± {figure(group.deviation)}")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = [[_escaped(cell) for cell in row] for row in (header, *rows)]
    widths = [max(3, *(len(row[column]) for row in table)) for column in range(len(header))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in lines)


def _escaped(text: str) -> str:
    """`text` as Markdown shows it word for word, in one cell."""
    escaped = "".join(f"\\{sign}" if sign in r"\|*`~" else sign for sign in text)
    return " ".join(escaped.replace("&", "&amp;").replace("<", "&lt;").split())
