"""What a sweep found, as one page that needs nothing else: no network, no file beside it."""

import json
import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from html import escape
from pathlib import Path

from project.provenance import masked

from .best import command_line
from .curves import curves
from .formats import plain
from .importance import importance
from .outcome import Job
from .sweep import Sweep
from .table import brief, duration, figure, judged, judged_by, marked, shown, unseeded

_ALIGNED = ' class="number"'
_SCRIPTS = "page.js", "parallel.js", "curves.js"
_ASSETS = Path(__file__).parent / "assets"


def as_html(sweep: Sweep) -> str:
    """The page: charts, tables that are sorted and filtered, and failures with their tracebacks."""
    parts = {
        "title": escape(shown(sweep.directory)),
        "style": _asset("style.css"),
        "counts": " ".join(_said(state, f"{count} {state}") for state, count in sweep.counts.items()),
        "command": f'<p class="command"><code>{escape(shlex.join(sweep.command))}</code></p>' if sweep.command else "",
        "best": _best(sweep),
        "importance": _importance(sweep),
        "jobs": _jobs(sweep),
        "seeds": _seeds(sweep),
        "failures": _failures(sweep),
        # Within a script, nothing but this ends it.
        "data": json.dumps(plain(sweep) | {"curves": curves(sweep)}, allow_nan=False).replace("<", "\\u003c"),
        "script": "".join(map(_asset, _SCRIPTS)),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _said(state: str, text: str) -> str:
    return f'<span class="{state.replace(" ", "-")}">{escape(text)}</span>'


def _best(sweep: Sweep) -> str:
    best = sweep.best
    if best is None:
        return ""
    said = escape(f"Best: {best.monitor} {figure(best.value)}, job {best.name}. This repeats it:")
    line = escape(masked(command_line(sweep, best)))
    return f'<div class="best"><button type="button">copy</button><p>{said}</p><pre>{line}</pre></div>'


def _importance(sweep: Sweep) -> str:
    shares = importance(sweep)
    if not shares:
        return ""
    bars = "".join(
        f'<code>{escape(path)}</code><i style="width: {100 * share:.1f}%"></i><b>{100 * share:.0f} %</b>'
        for path, share in shares.items()
    )
    hint = "Share of the variance of the value that a parameter explains by itself (ε² of a one-way analysis)."
    return (
        f'<section id="importance"><h2>Importance</h2><p class="hint">{hint}</p><div class="bar">{bars}</div></section>'
    )


def _jobs(sweep: Sweep) -> str:
    values = judged_by(sweep)
    metrics = list(dict.fromkeys(name for job in sweep.jobs for name in job.metrics if name not in values))
    header = ["job", *sweep.swept, *values, "time", "state", "why", *metrics, "path"]
    return _table("jobs", header, {*values, "time", *metrics}, (_job(sweep, job, metrics) for job in sweep.ranked))


def _job(sweep: Sweep, job: Job, metrics: Sequence[str]) -> str:
    cells = [
        _cell(marked(sweep, job)),
        *map(_value, job.values.values()),
        *map(_number, map(job.reached.get, sweep.objectives) if sweep.objectives else [job.value], judged(sweep, job)),
        _number(job.seconds, duration(job.seconds)),
        f"<td>{_said(job.state, job.state)}</td>",
        f'<td class="reason">{escape(job.reason)}</td>',
        *(_number(value, figure(value)) for value in map(job.metrics.get, metrics)),
        _cell(shown(job.directory)),
    ]
    return f'<tr data-job="{escape(job.name)}">{"".join(cells)}</tr>'


def _seeds(sweep: Sweep) -> str:
    if not any(len(group.jobs) > 1 for group in sweep.groups):
        return ""
    rows = (
        "<tr>"
        + "".join(_value(group.jobs[0].values[path]) for path in unseeded(sweep))
        + _number(group.mean, figure(group.mean))
        + _number(group.deviation, figure(group.deviation))
        + _number(len(group.jobs), str(len(group.jobs)))
        + "</tr>"
        for group in sweep.groups
    )
    numbers = f"mean {sweep.monitor or 'value'}", "deviation", "n"
    made = _table("seeds", [*unseeded(sweep), *numbers], numbers, rows)
    return f'<section><h2>Over seeds</h2><div class="wide">{made}</div></section>'


def _failures(sweep: Sweep) -> str:
    failed = [job for job in sweep.ranked if job.reason]
    if not failed:
        return ""
    told = "".join(map(_failure, failed))
    return f'<section id="failures"><h2>Failures</h2>{told}</section>'


def _failure(job: Job) -> str:
    asked = " ".join(f"{path}={value}" for path, value in job.values.items())
    said = f"<b>{escape(job.name)}</b> <code>{escape(asked)}</code> {_said(job.state, f'{job.state}: {job.reason}')}"
    return f"<details><summary>{said}</summary><pre>{escape(job.traceback or shown(job.directory))}</pre></details>"


def _table(name: str, header: Iterable[str], numbers: Collection[str], rows: Iterable[str]) -> str:
    heads = "".join(
        f'<th scope="col"{_ALIGNED if cell in numbers else ""}><button type="button">{escape(cell)}</button></th>'
        for cell in header
    )
    return f'<table id="{name}"><thead><tr>{heads}</tr></thead><tbody>\n{chr(10).join(rows)}\n</tbody></table>'


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _value(text: str) -> str:
    return f'<td data-sort="{escape(text)}">{escape(brief(text))}</td>'


def _number(value: float | None, text: str) -> str:
    return f'<td class="number" data-sort="{"" if value is None else value}">{escape(text)}</td>'
