"""Which of the swept parameters mattered."""

from collections.abc import Sequence
from statistics import fmean, quantiles

from .files import as_float
from .sweep import Sweep

_LEVELS = 6
"""A parameter that takes more numbers than this, as in a search, is cut into quarters of as many jobs each."""


def importance(sweep: Sweep) -> dict[str, float]:
    """The share of the variance of the value that each swept parameter explains by itself, from 0 to 1.

    It is the epsilon squared of a one-way analysis of variance (Kelley 1935): the share between the parameter's levels,
    less what as many levels would explain by chance. Interactions belong to no parameter, so that shares add up to less
    than 1; where parameters were not varied independently, one may have what is another's. Empty, or without a
    parameter, where there are too few values to tell.
    """
    jobs = [job for job in sweep.jobs if job.value is not None]
    if not sweep.monitor or len(jobs) < 3:
        return {}
    values = [job.value for job in jobs if job.value is not None]
    shares = {path: _share(_levels([job.values[path] for job in jobs]), values) for path in sweep.swept}
    known = {path: share for path, share in shares.items() if share is not None}
    return dict(sorted(known.items(), key=lambda item: -item[1]))


def _share(levels: Sequence[object], values: Sequence[float]) -> float | None:
    mean = fmean(values)
    total = sum((value - mean) ** 2 for value in values)
    within = 0.0
    for level in set(levels):
        group = [value for value, of in zip(values, levels, strict=True) if of == level]
        within += sum((value - fmean(group)) ** 2 for value in group)
    free = len(values) - len(set(levels))
    if not total or free <= 0 or len(set(levels)) < 2:
        return None
    chance = (len(set(levels)) - 1) * within / free
    return max(0.0, (total - within - chance) / total)


def _levels(texts: Sequence[str]) -> Sequence[object]:
    numbers = [number for number in map(as_float, texts) if number is not None]
    if len(numbers) < len(texts) or len(set(numbers)) <= _LEVELS:
        return texts
    cuts = quantiles(numbers, n=4)
    return [sum(number > cut for cut in cuts) for number in numbers]
