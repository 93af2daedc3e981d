"""Every point of a grid: a sweep that goes on where it was cut off."""

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic, sleep
from typing import Annotated, Literal

from annotated_types import Ge
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from project.config.command import composed_in_review
from project.config.composer import Composer
from project.config.job import APART
from project.config.rounds import Policy, Rounds
from project.config.sweeping import engine, placed, refuse_changed, wanted, without_hydra
from project.problem import ConfigError, Problem
from project.provenance import masked
from project.status import read as read_status
from project.sweeps import plan
from project.sweeps.jobs import SweepIsRunError, locked
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
        configs = [composed_in_review(job) or without_hydra(composed(job)) for job in jobs]
        now = [_wanted(job, config) for job, config in zip(jobs, configs, strict=True)]
        self.directory = placed(self.settings, partial(plan.newest, wanted=now))
        try:
            with locked(self.directory):
                launcher = engine(self.context, self.task, self.settings, self.directory)
                anyway = any(config.get("resume") == "anyway" for config in configs)
                record = self._begun(now, parsed, anyway)
                lines = {item.key: job for item, job in zip(now, jobs, strict=True)}
                numbered = {job.number: lines[plan.key(job)] for job in record.jobs if job.asked}
                Rounds(launcher, self.directory, record, numbered, self.policy, Live()).run()
        except SweepIsRunError as error:
            what = f"{self.directory} is being run by {error}"
            raise ConfigError([Problem("sweep", what, hint=_ANOTHER)]) from None

    def _begun(self, now: Sequence[Wanted], parsed: Sequence[Override], anyway: bool) -> Record:
        """The record of this start, written when nothing speaks against it."""
        found = plan.read(self.directory)
        known = found.jobs if found else ()
        jobs = plan.merged(known, now, self.directory)
        if running := self._running([job for job in jobs if job.asked]):
            raise ConfigError([Problem("sweep", f"{self.directory} has jobs that run: {running}", hint=_ANOTHER)])
        if not anyway:
            refuse_changed(known, now, self.directory)
        swept = tuple(item.get_key_element() for item in parsed if item.is_sweep_override())
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        started = (tuple(map(masked, sys.argv)), swept, begun, None, platform.node(), os.getpid())
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


def _wanted(job: Sequence[str], config: DictConfig) -> Wanted:
    return wanted([masked(item) for item in job if item.partition("=")[0].lstrip("+~") not in APART], config)
