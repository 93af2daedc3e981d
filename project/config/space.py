"""Spaces to be searched: statically, a space is what it draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from project.config.guards import listed
from project.config.quote import quoted
from project.problem import ConfigError, Problem, Site

T = TypeVar("T")


@dataclass(frozen=True)
class Space:
    """What a search draws from.

    Args:
        ends: the values that are checked before a search: every choice, or both ends of an interval.
        sweep: the space in the grammar of Hydra's sweeps; empty for a choice of components, which their group names.
    """

    ends: tuple[Any, ...]
    sweep: str


def uniform(low: float, high: float) -> float:
    """A number from `low` to `high`.

    Raises:
        ConfigError: `low` is not below `high`.
    """
    _refuse("uniform", low, high)
    ends = float(low), float(high)
    return cast(float, Space(ends, f"interval{ends!r}"))


def log_uniform(low: float, high: float) -> float:
    """A number from `low` to `high`, on a logarithmic scale.

    Raises:
        ConfigError: `low` is not positive, or not below `high`.
    """
    _refuse("log_uniform", low, high, log=True)
    ends = float(low), float(high)
    return cast(float, Space(ends, f"tag(log, interval{ends!r})"))


def integers(low: int, high: int, *, step: int = 1, log: bool = False) -> int:
    """A whole number from `low` to `high`, both included, in steps of `step` or on a logarithmic scale.

    Raises:
        ConfigError: the bounds or the step make no space.
    """
    _refuse("integers", low, high, log=log)
    if step < 1 or (log and step > 1):
        what = "a logarithmic scale has no step" if log else f"a step of {step} leads nowhere"
        raise ConfigError([Problem("integers", what, Site.of_caller())])
    last = range(low, high + 1, step)[-1]
    sweep = f"range({low},{last + 1},{step})" if step > 1 else f"int(interval({low},{high}))"
    return cast(int, Space((low, last), f"tag(log,{sweep})" if log else sweep))


def choice(*options: T) -> T:
    """One of the options: values, or components of one group.

    Raises:
        ConfigError: there are fewer than two.
    """
    if len(options) < 2:
        raise ConfigError([Problem("choice", "takes two options or more", Site.of_caller())])
    return cast(T, Space(options, _choices(options)))


def _choices(options: Sequence[object]) -> str:
    values = [listed(option) for option in options]
    plain = all(value is None or isinstance(value, bool | int | float | str | list) for value in values)
    return ",".join(map(quoted, values)) if plain else ""


def _refuse(name: str, low: float, high: float, *, log: bool = False) -> None:
    wrong = f"{low} is not below {high}" if not low < high else f"{low} has no logarithm" if log and low <= 0 else ""
    if wrong:
        raise ConfigError([Problem(name, wrong, Site.of_caller(2))])
