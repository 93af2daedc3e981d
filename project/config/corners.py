"""What is reviewed of a search before its first trial: every choice, and both ends of every interval."""

from collections.abc import Iterable, Sequence
from typing import Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from project.config.composer import COMPOSITION_ERRORS, Composer
from project.config.spaces import SWEEPER, joined, searchers, searching
from project.problem import Problem, did_you_mean


def ends(parsed: Sequence[Override], composed: Composer) -> tuple[list[list[str]], list[Problem]]:
    """The jobs to be reviewed before a search of the command line and the spaces it chooses; and what is no search."""
    swept = [item for item in parsed if searching(item.key_or_group) and item.is_sweep_override()]
    others = [item for item in parsed if item.key_or_group == SWEEPER and item.value() not in searchers()]
    unfit = [Problem(item.key_or_group, f"spaces are stacked: write {_stacked(item)}") for item in swept]
    what = "{} searches no spaces"
    unfit += [
        Problem(SWEEPER, what.format(it.value()), hint=did_you_mean(str(it.value()), searchers())) for it in others
    ]
    rest = [item for item in parsed if item not in [*swept, *others]]
    of_search = [item.input_line or "" for item in rest if item.key_or_group == SWEEPER or searching(item.key_or_group)]
    try:
        params = composed(of_search).hydra.sweeper.get("params")
    except COMPOSITION_ERRORS:  # a choice of spaces that there are not, which the review explains
        params = None
    return corners(joined(rest, params)), unfit


def _stacked(item: Override) -> str:
    return f"{item.key_or_group}=[{','.join(item.sweep_string_iterator())}]"


def corners(parsed: Iterable[Override]) -> list[list[str]]:
    """The jobs to be reviewed before a search: its first point, and each other choice or end of an interval alone."""
    start: list[str] = []
    others: list[tuple[int, str]] = []
    for index, item in enumerate(parsed):
        first, *rest = _values(item)
        start.append(first)
        others += [(index, other) for other in rest]
    return [start, *([*start[:index], other, *start[index + 1 :]] for index, other in others)]


def _values(item: Override) -> list[str]:
    if not item.is_sweep_override():
        return [item.input_line or ""]
    sweep: Any = item.value()
    key = item.get_key_element()
    if isinstance(sweep, IntervalSweep):
        return [f"{key}={sweep.start!r}", f"{key}={sweep.end!r}"]
    values = [f"{key}={value}" for value in item.sweep_string_iterator()]
    return values[:1] + values[-1:] if isinstance(sweep, RangeSweep) else values
