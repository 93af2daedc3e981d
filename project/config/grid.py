"""Every point of a grid: a sweep that goes on where it was cut off."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Any, Literal, cast

from annotated_types import Ge
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, read_write

from project.config.command import composed_in_review
from project.config.composer import Composer
from project.config.engine import Engine
from project.config.guards import listed
from project.config.job import APART, identity
from project.config.loader import SharingLoader
from project.config.problem import ConfigError, Problem
from project.config.quote import quoted
from project.config.root import SETTINGS
from project.config.rounds import Policy, Rounds
from project.config.written import parse, read
from project.provenance import masked
from project.status import read as read_status
from project.sweeps import plan
from project.sweeps.jobs import SweepIsRunError, bury, locked
from project.sweeps.live import Live
from project.sweeps.plan import Wanted
from project.sweeps.record import Asked, Record

_GONE_S = 5
"""Seconds within which the jobs of a sweep that was killed are gone too."""
_ANOTHER = "Wait for its end, or end it; sweep=new begins another sweep."


class Grid(Sweeper):
    """Runs every point of the grid that the command line spans, whatever becomes of the others.

    A sweep that is asked for again goes on in its directory: what has finished is left, what was cut off goes on from
    its `last.ckpt`, what failed begins anew with the earlier try kept as `N.1`, and what is new is run.

    Args:
        on_failure: whether the other jobs are run when one has failed, or wait for the next start.
        retries: how often a job that fails is begun anew by the same start, when all others have been run.
    """

    def __init__(
        self, on_failure: Literal["continue", "stop"] = "continue", retries: Annotated[int, Ge(0)] = 0
    ) -> None:
        self.policy = Policy(on_failure, retries)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what the launcher is made with when it is known where the sweep is."""
        self.context, self.task = hydra_context, task_function
        self.settings = config

    def sweep(self, arguments: list[str]) -> None:
        """Run the jobs that are not finished.

        Raises:
            ConfigError: another process runs the sweep, or it was begun with another config or with other code.
            SystemExit: with status 1 where not all jobs have finished, or a signal's where one came.
        """
        parsed = OverridesParser.create(self.context.config_loader).parse_overrides(arguments)
        jobs: list[list[str]] = BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]
        composed = Composer(str(self.settings.hydra.job.config_name))
        configs = [composed_in_review(job) or _task(composed(job)) for job in jobs]
        wanted = [_wanted(job, config) for job, config in zip(jobs, configs, strict=True)]
        self.directory = self._directory(wanted)
        self._write_to(self.directory)
        try:
            with locked(self.directory):
                engine = self._engine()
                anyway = any(config.get("resume") == "anyway" for config in configs)
                record = self._begun(wanted, parsed, anyway)
                lines = {item.key: job for item, job in zip(wanted, jobs, strict=True)}
                numbered = {job.number: lines[plan.key(job)] for job in record.jobs if job.asked}
                Rounds(engine, self.directory, record, numbered, self.policy, Live()).run()
        except SweepIsRunError as error:
            what = f"{self.directory} is being run by {error}"
            raise ConfigError([Problem("sweep", what, hint=_ANOTHER)]) from None

    def _engine(self) -> Launcher:
        """The launcher, when nothing is left of what it began for an earlier start."""
        loader: Any = SharingLoader(self.context.config_loader)
        context = HydraContext(config_loader=loader, callbacks=self.context.callbacks)
        engine = Plugins.instance().instantiate_launcher(context, self.task, self.settings)
        if isinstance(engine, Engine) and engine.outlast():
            bury(self.directory)
        return engine

    def _directory(self, wanted: Sequence[Wanted]) -> Path:
        """Where the sweep was asked to be; else the newest that it goes on with, or a new one."""
        given = listed(OmegaConf.to_container(self.settings.hydra.sweep, resolve=False))["dir"]
        directory = Path(self.settings.hydra.sweep.dir)
        if given != SETTINGS["sweep"]["dir"]:
            directory.mkdir(parents=True, exist_ok=True)
            return directory
        # `sweep=new` asks for it in as many words.
        asked = any(str(item).startswith("hydra.sweep.dir=") for item in self.settings.hydra.overrides.hydra)
        return (None if asked else plan.newest(Path(given.partition("/")[0]), wanted)) or plan.new(directory)

    def _write_to(self, directory: Path) -> None:
        """Have every job composed with the directory, whatever the time is then."""
        with read_write(self.settings.hydra):
            self.settings.hydra.sweep.dir = str(directory)
            self.settings.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(str(directory))}")

    def _begun(self, wanted: Sequence[Wanted], parsed: Sequence[Override], anyway: bool) -> Record:
        """The record of this start, written when nothing speaks against it."""
        found = plan.read(self.directory)
        known = found.jobs if found else ()
        jobs = plan.merged(known, wanted, self.directory)
        if running := self._running([job for job in jobs if job.asked]):
            raise ConfigError([Problem("sweep", f"{self.directory} has jobs that run: {running}", hint=_ANOTHER)])
        if not anyway and (changed := plan.changes(known, wanted, self.directory, _ran)):
            what = "\n    ".join([f"since {self.directory} was begun, there has changed", *changed])
            hint = "resume=anyway goes on all the same, and keeps what has finished; sweep=new begins another sweep."
            raise ConfigError([Problem("sweep", what, hint=hint)])
        swept = tuple(item.get_key_element() for item in parsed if item.is_sweep_override())
        now = datetime.now(UTC).isoformat(timespec="seconds")
        started = (tuple(map(masked, sys.argv)), swept, now, None, platform.node(), os.getpid())
        record = Record(*started, jobs=tuple(jobs))
        record.write(self.directory)
        OmegaConf.save(self.settings, self.directory / "multirun.yaml")
        return record

    def _running(self, jobs: Sequence[Asked]) -> str:
        """The jobs that another process still runs, or may run on another machine."""
        until = monotonic() + _GONE_S
        while True:
            homes = {job.number: read_status(self.directory / job.directory) for job in jobs}
            running = {number: found for number, found in homes.items() if found and found.truth == "running"}
            if not running or monotonic() > until:
                said = (f"{number} (process {one.pid} on {one.hostname})" for number, one in running.items())
                return ", ".join(said)
            sleep(0.05)


def _task(composed: DictConfig) -> DictConfig:
    OmegaConf.set_struct(composed, False)
    composed.pop("hydra")
    return composed


def _wanted(job: Sequence[str], config: DictConfig) -> Wanted:
    shown = tuple(masked(item) for item in job if item.partition("=")[0].lstrip("+~") not in APART)
    monitor, mode = str(config.get("monitor") or ""), cast(Literal["min", "max"], str(config.get("mode") or "max"))
    return Wanted(shown, identity(config), monitor, mode, partial(_written, config))


def _written(config: DictConfig) -> Mapping[str, Any]:
    """A config as Hydra writes it to a job's directory and reads it again, without what changes no job."""
    found: dict[str, Any] = listed(OmegaConf.to_container(parse(OmegaConf.to_yaml(config))))
    return {key: value for key, value in found.items() if key not in APART}


def _ran(directory: Path) -> Mapping[str, Any]:
    try:
        return _written(read(directory / ".hydra" / "config.yaml"))
    except FileNotFoundError:
        return {}
