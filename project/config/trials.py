"""A trial of a search: what it is drawn from, and what came of it."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from hydra.core.utils import JobReturn, JobStatus

from project.config.engine import error_of
from project.config.signature import locate
from project.containment import JobError
from project.problem import Problem, did_you_mean
from project.status import read as read_status
from project.sweeps.outcome import COUNTED, ended_with

Mode = Literal["min", "max"]


class Trial(NamedTuple):
    """A point that is to be tried: its number in the study, and its values by path."""

    number: int
    params: Mapping[str, Any]

    @property
    def overrides(self) -> tuple[str, ...]:
        """The point as it would be typed."""
        return tuple(f"{path}={text(value)}" for path, value in self.params.items())


class Outcome(NamedTuple):
    """How a trial ended: in Optuna's words, with its value for each objective, or with what went wrong."""

    state: Literal["COMPLETE", "PRUNED", "FAIL"]
    values: tuple[float, ...] | None = None
    reason: str = ""


def distribution(item: Override) -> Any:
    """What Optuna draws from, for a value that the command line sweeps over."""
    made: Any = locate("optuna.distributions")
    sweep: Any = item.value()
    is_log = "log" in sweep.tags
    if isinstance(sweep, IntervalSweep):
        kind = made.IntDistribution if isinstance(sweep.start, int) else made.FloatDistribution
        return kind(sweep.start, sweep.end, log=is_log)
    if isinstance(sweep, RangeSweep) and isinstance(sweep.step, int) and isinstance(sweep.start, int):
        values = range(sweep.start, math.ceil(sweep.stop or 0), sweep.step)
        return made.IntDistribution(values[0], values[-1], log=is_log, step=1 if is_log else sweep.step)
    # As they would be typed: a study holds no lists.
    return made.CategoricalDistribution(list(item.sweep_string_iterator()))


def text(value: Any) -> str:
    """A value that was drawn, as it would be typed."""
    return value if isinstance(value, str) else repr(value)


def outcome(done: JobReturn, directory: Path, objectives: Sequence[str]) -> Outcome:
    """What came of a trial.

    Args:
        done: what its launcher says of it.
        directory: its own.
        objectives: names of values in its results; none for the value that the job returned.
    """
    try:
        if error := error_of(done):
            raise error
        value: float | None = done.return_value
        told = read_status(directory)
        if told is not None and told.state == "pruned":
            return Outcome("PRUNED", reason=told.error)
        values = tuple(_objective(directory, name) for name in objectives) or (_logged(value),)
        if not all(map(math.isfinite, values)):
            raise ValueError(f"its value is {', '.join(map(str, values))}")
    except JobError as error:  # which says what it was that the job raised
        return Outcome("FAIL", reason=str(error))
    except Exception as error:
        return Outcome("FAIL", reason=f"{type(error).__name__}: {error}")
    return Outcome("COMPLETE", values)


def left(directory: Path, objectives: Sequence[str]) -> Outcome | None:
    """What came of a trial as its directory alone tells; None where it has not ended, or has left no results."""
    told, results = read_status(directory), directory / "results.json"
    if told is None or told.state not in {"finished", "pruned", "failed"}:
        return None
    if told.state == "failed":
        return Outcome("FAIL", reason=told.error)
    if told.state == "finished" and not results.is_file():
        return None
    return outcome(
        JobReturn(status=JobStatus.COMPLETED, _return_value=_read(results).get("value")), directory, objectives
    )


def objective_problems(objectives: Mapping[str, Mode]) -> list[Problem]:
    """The objectives that no results can have."""
    unknown = [name for name in objectives if name not in COUNTED and not name.startswith(("val/", "test/"))]
    hint = "Metrics are written val/... and test/..."
    return [
        Problem("hydra.sweeper.objectives", f"no run has a '{name}'", hint=f"{did_you_mean(name, COUNTED)} {hint}")
        for name in unknown
    ]


def _logged(value: float | None) -> float:
    if value is None:
        raise LookupError("what it monitors was never logged")
    return value


def _objective(directory: Path, name: str) -> float:
    """The value of that name in a run's results."""
    known = ended_with(_read(directory / "results.json"))
    if name not in known:
        raise LookupError(f"its results have no {name}. {did_you_mean(name, known)}")
    return known[name]


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return found
