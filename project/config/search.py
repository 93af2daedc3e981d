"""A search by Optuna over the intervals and choices of the command line, its trials run by whichever launcher.

The released plugin, hydra-optuna-sweeper 1.3.0, asks for an Optuna below 3, stores nothing under SQLAlchemy 2.1, runs
as many trials more on every restart, and ends with the first job that raises. Optuna's ask and tell need none of it.
Source: https://optuna.readthedocs.io/en/stable/tutorial/20_recipes/009_ask_and_tell.html.
"""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from annotated_types import Ge
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.sweeper import Sweeper as Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from project.config.problem import ConfigError, Problem
from project.config.signature import locate

SAMPLERS = {"tpe": "TPESampler", "random": "RandomSampler", "gp": "GPSampler", "nsga2": "NSGAIISampler"}

log = logging.getLogger(__name__)


class Trial(NamedTuple):
    """A point that is to be tried: its number in the study, and its values by path."""

    number: int
    params: Mapping[str, Any]


class Search(Sweeper):
    """Looks for the best value of what a run monitors, among the intervals, ranges and choices of the command line.

    The study is a SQLite file in the sweep's directory. With the same `hydra.sweep.dir` a search goes on: trials that
    were cut off run again in their own directories, those that ended do not, whichever way they ended.

    Args:
        n_trials: how many in all, over all the times that the search is started.
        n_jobs: how many at a time, handed to the launcher together.
        sampler: how the next point is chosen.
        seed: of the sampler; None for another one each time.
        study: the file.
    """

    requires: ClassVar[Mapping[str, str]] = {"optuna": "project[optuna]"}

    def __init__(
        self,
        n_trials: Annotated[int, Ge(1)] = 20,
        n_jobs: Annotated[int, Ge(1)] = 1,
        sampler: Literal["tpe", "random", "gp", "nsga2"] = "tpe",
        seed: int | None = None,
        study: str = "${hydra.sweep.dir}/study.db",
    ) -> None:
        self.n_trials, self.n_jobs, self.sampler, self.seed, self.path = n_trials, n_jobs, sampler, seed, Path(study)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Make the launcher that was chosen."""
        self.context, self.settings = hydra_context, config
        self.engine = Plugins.instance().instantiate_launcher(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> None:
        """Try points until there are `n_trials` that ended.

        Raises:
            ConfigError: nothing is to be searched, or the file holds another search.
        """
        parsed = OverridesParser.create(self.context.config_loader).parse_overrides(arguments)
        space = {item.get_key_element(): distribution(item) for item in parsed if item.is_sweep_override()}
        fixed = [item.input_line or "" for item in parsed if not item.is_sweep_override()]
        if not space:
            what = "there is nothing to search: write some values as interval(a,b), range(a,b) or choice(x,y)"
            raise ConfigError([Problem("hydra/sweeper", what)])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.settings, Path(self.settings.hydra.sweep.dir) / "multirun.yaml")
        study = self.study(self.context.config_loader.load_sweep_config(self.settings, fixed).mode, arguments)
        cut_off = self._cut_off(study, space)
        while batch := cut_off[: self.n_jobs] or self._asked(study, space):
            cut_off = cut_off[self.n_jobs :]
            for trial, value in zip(batch, self._values(batch, fixed), strict=True):
                study.tell(trial.number, value, state=_state("FAIL" if value is None else "COMPLETE"))
        self._report(study)

    def study(self, mode: str, arguments: list[str]) -> Any:
        """The study in the file, or a new one there."""
        optuna: Any = locate("optuna")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = optuna.storages.RDBStorage(f"sqlite:///{self.path}", engine_kwargs={"connect_args": {"timeout": 60}})
        direction = {"max": "maximize", "min": "minimize"}[mode]
        study = optuna.create_study(storage=storage, study_name="search", direction=direction, load_if_exists=True)
        # With the seed alone, a search that goes on would draw its first points again.
        seed = None if self.seed is None else self.seed + len(study.trials)
        study.sampler = getattr(optuna.samplers, SAMPLERS[self.sampler])(seed=seed)
        asked = study.user_attrs.get("asked", arguments)
        if sorted(asked) != sorted(arguments):
            what = f"{self.path} holds another search: {' '.join(asked)}"
            raise ConfigError([Problem("hydra.sweep.dir", what, hint="Search the same, or in another directory.")])
        study.set_user_attr("asked", arguments)
        return study

    def _cut_off(self, study: Any, space: Mapping[str, Any]) -> list[Trial]:
        """The trials that were running when the search ended; what was never sent is no trial."""
        running = study.get_trials(states=(_state("RUNNING"),))
        for trial in running:
            if trial.params.keys() != space.keys():
                study.tell(trial.number, state=_state("FAIL"))
        return [Trial(trial.number, trial.params) for trial in running if trial.params.keys() == space.keys()]

    def _asked(self, study: Any, space: Mapping[str, Any]) -> list[Trial]:
        """Up to `n_jobs` new points; of one that was measured before, the value is known."""
        batch: list[Trial] = []
        while len(batch) < self.n_jobs and sum(bool(trial.params) for trial in study.trials) < self.n_trials:
            trial = study.ask(dict(space))
            known = [done.value for done in _complete(study) if done.params == trial.params]
            if known:
                study.tell(trial.number, known[0])
            else:
                batch.append(Trial(trial.number, trial.params))
        return batch

    def _values(self, batch: Sequence[Trial], fixed: Sequence[str]) -> list[float | None]:
        """What each trial reached; None where it failed."""
        jobs = [
            [*fixed, *(f"{path}={_text(value)}" for path, value in trial.params.items()), _home(trial)]
            for trial in batch
        ]
        return [_value(done, trial) for done, trial in zip(self._launched(batch, jobs), batch, strict=True)]

    def _launched(self, batch: Sequence[Trial], jobs: list[list[str]]) -> Sequence[JobReturn | Exception]:
        try:
            return self.engine.launch(jobs, initial_job_idx=batch[0].number)
        except Exception as error:  # an engine gives up as a whole when one of its workers is killed
            return [error] * len(batch)

    def _report(self, study: Any) -> None:
        done = _complete(study)
        if done:
            best = " ".join(f"{path}={_text(value)}" for path, value in study.best_params.items())
            log.info("best of %d trials: %s, %s", len(study.trials), study.best_value, best)
        if failed := len(study.get_trials(states=(_state("FAIL"),))):
            log.warning("%d of %d trials failed", failed, len(study.trials))


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


def corners(parsed: Iterable[Override]) -> list[list[str]]:
    """The jobs to be reviewed before a search: its first point, and each other choice or end of an interval alone."""
    start: list[str] = []
    others: list[tuple[int, str]] = []
    for index, item in enumerate(parsed):
        first, *rest = _ends(item)
        start.append(first)
        others += [(index, other) for other in rest]
    return [start, *([*start[:index], other, *start[index + 1 :]] for index, other in others)]


def _ends(item: Override) -> list[str]:
    if not item.is_sweep_override():
        return [item.input_line or ""]
    sweep: Any = item.value()
    key = item.get_key_element()
    if isinstance(sweep, IntervalSweep):
        return [f"{key}={sweep.start!r}", f"{key}={sweep.end!r}"]
    values = [f"{key}={value}" for value in item.sweep_string_iterator()]
    return values[:1] + values[-1:] if isinstance(sweep, RangeSweep) else values


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _home(trial: Trial) -> str:
    """A trial that is run again is run where it was begun."""
    return f"hydra.sweep.subdir={trial.number}"


def _value(done: JobReturn | Exception, trial: Trial) -> float | None:
    try:
        if isinstance(done, Exception):
            raise done
        value: float = done.return_value
        if not math.isfinite(value):
            raise ValueError(f"its value is {value}")
    except Exception as error:
        log.error("trial %d failed: %s: %s", trial.number, type(error).__name__, error)
        return None
    return value


def _state(name: str) -> Any:
    return locate(f"optuna.trial.TrialState.{name}")


def _complete(study: Any) -> list[Any]:
    done: list[Any] = study.get_trials(states=(_state("COMPLETE"),))
    return done
