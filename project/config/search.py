"""A search by Optuna over the typed spaces, and the intervals and choices of the command line, by whichever launcher.

The released plugin, hydra-optuna-sweeper 1.3.0, asks for an Optuna below 3, stores nothing under SQLAlchemy 2.1, runs
as many trials more on every restart, and ends with the first job that raises. Optuna's ask and tell need none of it.
Source: https://optuna.readthedocs.io/en/stable/tutorial/20_recipes/009_ask_and_tell.html.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper as Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from project.config.ending import Ending
from project.config.job import APART
from project.config.reported import report, tell, telling
from project.config.searched import Searched
from project.config.signature import locate
from project.config.spaces import joined
from project.config.sweeping import engine, placed
from project.config.trials import Mode, Outcome, Trial, distribution, left, objective_problems, outcome
from project.interruption.signals import Interrupted
from project.problem import ConfigError, Problem
from project.provenance import masked
from project.study import NAME, Place, Pruner, point, pruner, settle, state, storage
from project.sweeps.jobs import SweepIsRunError, go_on, locked
from project.sweeps.live import Live
from project.sweeps.plan import newest_search

SAMPLERS = {"tpe": "TPESampler", "random": "RandomSampler", "gp": "GPSampler", "nsga2": "NSGAIISampler"}
DIRECTIONS: Mapping[Mode, str] = {"max": "maximize", "min": "minimize"}
LARGEST_SEED = 2**32 - 1


class Search(Sweeper):
    """Looks for the best value of what a run monitors, or of several objectives, in spaces, intervals and choices.

    The study is a SQLite file in the sweep's directory. A search that is asked for again goes on: trials that were cut
    off go on in their own directories, those that ended do not, whichever way they ended.

    Args:
        n_trials: how many in all, over all the times that the search is started.
        n_jobs: how many at a time, handed to the launcher together.
        sampler: how the next point is chosen.
        seed: of the sampler; None for another one each time.
        pruner: how hopeless trials are known, which are given up; with several objectives there is none.
        objectives: names of values in the results of a run, each with whether it is to be small or large; None for what
            the run monitors.
        params: what the spaces that were chosen have searched, by path, in the grammar of the command line.
        study: the file; None for `study.db` in the sweep's directory.
    """

    requires: ClassVar[Mapping[str, str]] = {"optuna": "project[optuna]"}
    searches: ClassVar[bool] = True

    def __init__(
        self,
        n_trials: Annotated[int, Ge(1)] = 20,
        n_jobs: Annotated[int, Ge(1)] = 1,
        sampler: Literal["tpe", "random", "gp", "nsga2"] = "tpe",
        seed: Annotated[int, Ge(0), Le(LARGEST_SEED)] | None = None,
        pruner: Pruner = "none",
        objectives: Mapping[str, Mode] | None = None,
        params: Mapping[str, str] | None = None,
        study: str | None = None,
    ) -> None:
        self.n_trials, self.n_jobs, self.sampler, self.seed = n_trials, n_jobs, sampler, seed
        self.pruner: Pruner = pruner
        self.objectives: dict[str, Mode] = dict(objectives or {})
        self.params = params
        self.file = study

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what the launcher is made with when it is known where the search is."""
        self.context, self.task, self.settings = hydra_context, task_function, config

    def sweep(self, arguments: list[str]) -> None:
        """Try points until there are `n_trials` that ended.

        Raises:
            ConfigError: nothing is to be searched, the objectives do not fit, the file holds another search, or the
                search was begun with another config or with other code.
            SystemExit: with status 1 where no trial has a value, or a signal's where one came.
        """
        parsed = joined(OverridesParser.create(self.context.config_loader).parse_overrides(arguments), self.params)
        space = {item.key_or_group: distribution(item) for item in parsed if item.is_sweep_override()}
        fixed = [item.input_line or "" for item in parsed if not item.is_sweep_override()]
        if not space:
            what = "there is nothing to search: choose spaces, or write values as interval(a,b), range(a,b) or x,y"
            raise ConfigError([Problem("hydra/sweeper", what)])
        config = self.context.config_loader.load_sweep_config(self.settings, fixed)
        monitored = {config.monitor: config.mode}
        asked = self.asked(monitored, arguments, space)
        self.directory = placed(self.settings, partial(newest_search, asked=asked)).absolute()
        compose = partial(self.context.config_loader.load_sweep_config, self.settings)
        record = Searched(self.directory, space, self.objectives or monitored, asked, fixed, compose)
        if config.get("resume") != "anyway":
            record.refuse_changed()
        study = self.study(self.directory, monitored, asked)
        OmegaConf.save(self.settings, self.directory / "multirun.yaml")
        with self._alone():
            self._search(study, space, fixed, record)
        with telling(self.directory):
            report(study, tuple(self.objectives))

    def _search(self, study: Any, space: Mapping[str, Any], fixed: Sequence[str], record: Searched) -> None:
        launcher = engine(self.context, self.task, self.settings, self.directory)
        live = Live()
        ending = Ending(launcher, self.directory, tick=live.tick if live.draws else lambda: None)
        # Where a table is drawn, lines would be drawn over.
        told, shown = telling(self.directory, here=not live.draws), live.drawing(record.record, self.directory)
        with told, shown, record.kept(), ending.heard():
            self._over(study)
            while batch := self._next(study, space):
                record.add(batch)
                ending.jobs = [self._home(trial) for trial in batch]
                outcomes = self._outcomes(launcher, batch, fixed)
                if ending.signum is not None:  # what has ended by then is told by the next start
                    raise Interrupted(ending.signum)
                for trial, ended in zip(batch, outcomes, strict=True):
                    study.tell(trial.number, ended.values, state=state(ended.state))
                    tell(study, trial, ended, tuple(self.objectives))

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep other processes from the directory, and let what was stopped there go on."""
        try:
            with locked(self.directory):
                go_on(self.directory)
                yield
        except SweepIsRunError as error:
            raise ConfigError([Problem("hydra.sweep.dir", f"{self.directory} is being run by {error}")]) from None

    def asked(
        self, monitored: Mapping[str, Mode], arguments: Sequence[str], space: Mapping[str, Any]
    ) -> dict[str, str]:
        """What is searched, by which a search is found again.

        Raises:
            ConfigError: the objectives do not fit.
        """
        goals = self.objectives or dict(monitored)
        if found := objective_problems(self.objectives):
            raise ConfigError(found)
        if self.pruner != "none" and goals != monitored:
            what = f"{self.pruner} goes by {', '.join(monitored)} alone, and this searches for {', '.join(goals)}"
            raise ConfigError([Problem("hydra.sweeper.pruner", what, hint="Write hydra.sweeper.pruner=none.")])
        given = sorted(masked(item) for item in arguments if item.partition("=")[0] not in APART)
        return {
            "command line": " ".join(given),
            "spaces": " ".join(f"{path}:{drawn}" for path, drawn in sorted(space.items())),
            "objectives": " ".join(f"{name}:{mode}" for name, mode in goals.items()),
        }

    def study(self, directory: Path, monitored: Mapping[str, Mode], asked: Mapping[str, str]) -> Any:
        """The study in the file, or a new one there.

        Raises:
            ConfigError: the file holds another search.
        """
        self.path = Path(self.file or directory / "study.db").absolute()
        optuna: Any = locate("optuna")
        study = optuna.create_study(
            storage=storage(self.path),
            study_name=NAME,
            directions=[DIRECTIONS[mode] for mode in (self.objectives or monitored).values()],
            load_if_exists=True,
            pruner=pruner(self.pruner),
        )
        # With the seed alone, a search that goes on would draw its first points again.
        seed = None if self.seed is None else (self.seed + len(study.trials)) % (LARGEST_SEED + 1)
        study.sampler = getattr(optuna.samplers, SAMPLERS[self.sampler])(seed=seed)
        self._refuse_another(study, asked)
        return study

    def _refuse_another(self, study: Any, asked: Mapping[str, str]) -> None:
        """Note what a new study is asked, and refuse to ask an old one anything else."""
        known: Mapping[str, str] = study.user_attrs.get("asked", asked)
        if problems := [f"{what}: {known.get(what)}" for what in asked if known.get(what) != asked[what]]:
            what = f"{self.path} holds another search; {'; '.join(problems)}"
            raise ConfigError([Problem("hydra.sweep.dir", what, hint="Search the same, or in another directory.")])
        study.set_user_attr("asked", dict(asked))

    def _next(self, study: Any, space: Mapping[str, Any]) -> list[Trial]:
        """Up to `n_jobs` trials, no point twice: those that were cut off, or else new ones."""
        settle(study)
        batch: dict[Any, Trial] = {}
        for trial in study.get_trials(states=(state("RUNNING"),)):
            if trial.params.keys() != space.keys():  # it was never sent
                study.tell(trial.number, state=state("FAIL"))
            elif len(batch) < self.n_jobs:
                batch.setdefault(point(trial), Trial(trial.number, trial.params))
        if batch:
            return list(batch.values())
        while len(batch) < self.n_jobs and sum(bool(trial.params) for trial in study.trials) < self.n_trials:
            trial = study.ask(dict(space))
            if trial.number not in settle(study):
                batch.setdefault(point(trial), Trial(trial.number, trial.params))
        return list(batch.values())

    def _outcomes(self, launcher: Launcher, batch: Sequence[Trial], fixed: Sequence[str]) -> list[Outcome]:
        # A trial that is run again is run where it was begun.
        jobs = [[*fixed, *trial.overrides, f"hydra.sweep.subdir={trial.number}"] for trial in batch]
        for trial in batch:
            Place(str(self.path), trial.number, self.pruner).write(self._home(trial))
        launched = zip(launcher.launch(jobs, initial_job_idx=batch[0].number), batch, strict=True)
        return [outcome(done, self._home(trial), tuple(self.objectives)) for done, trial in launched]

    def _home(self, trial: Trial) -> Path:
        return self.directory / str(trial.number)

    def _over(self, study: Any) -> None:
        """Tell of trials that had ended when the search was killed, before it could tell so itself."""
        for known in study.get_trials(states=(state("RUNNING"),)):
            trial = Trial(known.number, known.params)
            if (ended := left(self._home(trial), tuple(self.objectives))) is not None:
                study.tell(trial.number, ended.values, state=state(ended.state))
                tell(study, trial, ended, tuple(self.objectives))
