"""Learning curves, from what the jobs have logged."""

from collections.abc import Mapping, Sequence

from .files import as_float, table
from .sweep import Sweep

Curve = tuple[list[float], list[float]]
"""Steps and values."""
_POINTS = 150_000
"""In all, so that a page of hundreds of jobs opens at once: some 3 MB."""
_OF_A_CURVE = 16, 400
"""At least and at most."""


def curves(sweep: Sweep) -> dict[str, dict[str, Curve]]:
    """Of every metric that was logged more than once, the curve of each job that has one, the best first.

    Of a long one, every so many points are left out.
    """
    found: dict[str, dict[str, Curve]] = {}
    for job in sweep.ranked:
        for metric, curve in _of_a_job(table(job.directory / "metrics.csv")).items():
            found.setdefault(metric, {})[job.name] = curve
    grown = {metric: of for metric, of in found.items() if any(len(steps) > 1 for steps, _ in of.values())}
    number = sum(map(len, grown.values()))
    most = min(max(_POINTS // max(1, number), _OF_A_CURVE[0]), _OF_A_CURVE[1])
    # What was chosen by first, then by name.
    names = sorted(grown, key=lambda metric: (metric != sweep.monitor, metric))
    return {metric: {name: _thinned(curve, most) for name, curve in grown[metric].items()} for metric in names}


def _of_a_job(rows: Sequence[Mapping[str, str]]) -> dict[str, Curve]:
    found: dict[str, Curve] = {}
    for row in rows:
        step = as_float(row.get("step"))
        for metric, text in row.items():
            value = as_float(text)
            if step is not None and value is not None and metric not in {"step", "epoch"}:
                steps, values = found.setdefault(metric, ([], []))
                steps.append(step)
                values.append(float(f"{value:.6g}"))
    return found


def _thinned(curve: Curve, most: int) -> Curve:
    steps, values = curve
    stride = -(-len(steps) // most)
    if stride <= 1:
        return curve
    # From the end, which is where two curves are compared.
    return steps[::-1][::stride][::-1], values[::-1][::stride][::-1]
