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
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper as Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from project.config.ending import Ending
from project.config.engine import Engine
from project.config.job import APART
from project.config.problem import ConfigError, Problem
from project.config.searched import Searched
from project.config.signature import locate
from project.config.spaces import joined
from project.config.trials import Mode, Outcome, Trial, distribution, left, log, objective_problems, outcome, telling
from project.interruption.signals import Interrupted
from project.study import NAME, Place, Pruner, point, pruner, settle, state, storage
from project.sweeps.jobs import SweepIsRunError, bury, go_on, locked
from project.sweeps.live import Live

SAMPLERS = {"tpe": "TPESampler", "random": "RandomSampler", "gp": "GPSampler", "nsga2": "NSGAIISampler"}
LARGEST_SEED = 2**32 - 1


class Search(Sweeper):
    """Looks for the best value of what a run monitors, or of several objectives, in spaces, intervals and choices.

    The study is a SQLite file in the sweep's directory. With the same `hydra.sweep.dir` a search goes on: trials that
    were cut off go on in their own directories, those that ended do not, whichever way they ended.

    Args:
        n_trials: how many in all, over all the times that the search is started.
        n_jobs: how many at a time, handed to the launcher together.
        sampler: how the next point is chosen.
        seed: of the sampler; None for another one each time.
        pruner: how hopeless trials are known, which are given up; with several objectives there is none.
        objectives: names of values in the results of a run, each with whether it is to be small or large; None for what
            the run monitors.
        params: what the spaces that were chosen have searched, by path, in the grammar of the command line.
        study: the file.
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
        study: str = "${hydra.sweep.dir}/study.db",
    ) -> None:
        self.n_trials, self.n_jobs, self.sampler, self.seed = n_trials, n_jobs, sampler, seed
        self.pruner: Pruner = pruner
        self.objectives: dict[str, Mode] = dict(objectives or {})
        self.params = params
        self.path = Path(study).absolute()

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Make the launcher that was chosen."""
        self.context, self.settings = hydra_context, config
        self.directory = Path(config.hydra.sweep.dir).absolute()
        self.engine = Plugins.instance().instantiate_launcher(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> None:
        """Try points until there are `n_trials` that ended.

        Raises:
            ConfigError: nothing is to be searched, the objectives do not fit, or the file holds another search.
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
        study = self.study(monitored, arguments, space)
        self.directory.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.settings, self.directory / "multirun.yaml")
        compose = partial(self.context.config_loader.load_sweep_config, self.settings)
        record = Searched(self.directory, space, self.objectives or monitored, compose)
        live, told = Live(), self.directory / "search.log"
        ending = Ending(self.engine, self.directory, tick=live.tick if live.draws else lambda: None)
        with self._alone():
            # Where a table is drawn, lines would be drawn over.
            shown = live.drawing(record.record, self.directory)
            with telling(told, here=not live.draws), shown, record.kept(), ending.heard():
                if isinstance(self.engine, Engine) and self.engine.outlast():
                    bury(self.directory)
                self._over(study)
                while batch := self._next(study, space):
                    record.add(batch, fixed)
                    ending.jobs = [self._home(trial) for trial in batch]
                    outcomes = self._outcomes(batch, fixed)
                    if ending.signum is not None:  # what has ended by then is told by the next start
                        raise Interrupted(ending.signum)
                    for trial, ended in zip(batch, outcomes, strict=True):
                        study.tell(trial.number, ended.values, state=state(ended.state))
                        self._tell(study, trial, ended)
            with telling(told):
                self._report(study)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep other processes from the directory, and let what was stopped there go on."""
        try:
            with locked(self.directory):
                go_on(self.directory)
                yield
        except SweepIsRunError as error:
            raise ConfigError([Problem("hydra.sweep.dir", f"{self.directory} is being run by {error}")]) from None

    def study(self, monitored: Mapping[str, Mode], arguments: Sequence[str], space: Mapping[str, Any]) -> Any:
        """The study in the file, or a new one there.

        Raises:
            ConfigError: the objectives do not fit, or the file holds another search.
        """
        goals = self.objectives or dict(monitored)
        if found := objective_problems(self.objectives):
            raise ConfigError(found)
        if self.pruner != "none" and goals != monitored:
            what = f"{self.pruner} goes by {', '.join(monitored)} alone, and this searches for {', '.join(goals)}"
            raise ConfigError([Problem("hydra.sweeper.pruner", what, hint="Write hydra.sweeper.pruner=none.")])
        optuna: Any = locate("optuna")
        study = optuna.create_study(
            storage=storage(self.path),
            study_name=NAME,
            directions=[{"max": "maximize", "min": "minimize"}[mode] for mode in goals.values()],
            load_if_exists=True,
            pruner=pruner(self.pruner),
        )
        # With the seed alone, a search that goes on would draw its first points again.
        seed = None if self.seed is None else (self.seed + len(study.trials)) % (LARGEST_SEED + 1)
        study.sampler = getattr(optuna.samplers, SAMPLERS[self.sampler])(seed=seed)
        self._refuse_another(
            study,
            {
                "command line": " ".join(sorted(item for item in arguments if item.partition("=")[0] not in APART)),
                "spaces": " ".join(f"{path}:{drawn}" for path, drawn in sorted(space.items())),
                "objectives": " ".join(f"{name}:{mode}" for name, mode in goals.items()),
            },
        )
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

    def _outcomes(self, batch: Sequence[Trial], fixed: Sequence[str]) -> list[Outcome]:
        # A trial that is run again is run where it was begun.
        jobs = [[*fixed, *trial.overrides, f"hydra.sweep.subdir={trial.number}"] for trial in batch]
        for trial in batch:
            Place(str(self.path), trial.number, self.pruner).write(self._home(trial))
        launched = zip(self.engine.launch(jobs, initial_job_idx=batch[0].number), batch, strict=True)
        return [outcome(done, self._home(trial), tuple(self.objectives)) for done, trial in launched]

    def _home(self, trial: Trial) -> Path:
        return self.directory / str(trial.number)

    def _over(self, study: Any) -> None:
        """Tell of trials that had ended when the search was killed, before it could tell so itself."""
        for known in study.get_trials(states=(state("RUNNING"),)):
            trial = Trial(known.number, known.params)
            if (ended := left(self._home(trial), tuple(self.objectives))) is not None:
                study.tell(trial.number, ended.values, state=state(ended.state))
                self._tell(study, trial, ended)

    def _tell(self, study: Any, trial: Trial, ended: Outcome) -> None:
        """Say what came of a trial."""
        if ended.values is None:
            say = log.info if ended.state == "PRUNED" else log.error
            say("trial %d %s: %s", trial.number, {"PRUNED": "pruned", "FAIL": "failed"}[ended.state], ended.reason)
        elif len(ended.values) > 1:
            log.info("trial %d: %s", trial.number, self._said(ended.values))
        else:
            best = study.best_trial
            log.info("trial %d: %.6g (best %.6g of trial %d)", trial.number, *ended.values, best.value, best.number)

    def _report(self, study: Any) -> None:
        """Say what was best: of several objectives, the Pareto front, whose trials no other beats in all of them."""
        counts = {name: len(study.get_trials(states=(state(name),))) for name in ("COMPLETE", "PRUNED", "FAIL")}
        every = len(study.trials)
        for trial in study.best_trials if counts["COMPLETE"] else ():
            what = "best" if len(trial.values) == 1 else "Pareto front"
            values, drawn = self._said(trial.values), " ".join(Trial(trial.number, trial.params).overrides)
            log.info("%s of %d trials: trial %d: %s, %s", what, every, trial.number, values, drawn)
        if counts["PRUNED"]:
            log.info("%d of %d trials were pruned", counts["PRUNED"], every)
        if counts["FAIL"]:
            log.warning("%d of %d trials failed", counts["FAIL"], every)
        if not counts["COMPLETE"]:
            raise SystemExit(1)

    def _said(self, values: Sequence[float]) -> str:
        names = tuple(self.objectives) if len(values) > 1 else ("",)
        return ", ".join(f"{name} {value:.6g}".strip() for name, value in zip(names, values, strict=True))
