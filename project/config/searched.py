"""`sweep.json` of a search: its trials, as the jobs of any sweep."""

import os
import platform
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from project.config.job import identity
from project.config.sweeping import refuse_changed, wanted, without_hydra
from project.config.trials import Mode, Trial
from project.provenance import masked
from project.sweeps.record import Asked, Record


class Searched:
    """Records the trials of a search before they are run.

    Args:
        directory: of the sweep.
        paths: what is searched.
        goals: the objectives; a trial by itself is judged by the first.
        asked: what the search is found again by.
        fixed: the overrides that all trials have in common.
        compose: a job's overrides as its config.
    """

    def __init__(
        self,
        directory: Path,
        paths: Iterable[str],
        goals: Mapping[str, Mode],
        asked: Mapping[str, str],
        fixed: Sequence[str],
        compose: Callable[[list[str]], Any],
    ) -> None:
        self.directory, self.fixed, self.compose = directory, fixed, compose
        self.goal = next(iter(goals.items()))
        self.jobs = {job.number: job for job in _earlier(directory)}
        command = tuple(map(masked, sys.argv))
        objectives: Mapping[str, Mode] = goals if len(goals) > 1 else {}
        self.record = Record(command, tuple(paths), _now(), None, platform.node(), os.getpid(), (), objectives, asked)

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keep the record while the search runs; one that is broken off has no end."""
        self._write()
        yield
        self.record = replace(self.record, ended=_now())
        self._write()

    def refuse_changed(self) -> None:
        """Refuse to go on with trials whose config, or whose code, is not the one that they were begun with.

        Raises:
            ConfigError: with what has changed.
        """
        known = list(self.jobs.values())
        refuse_changed(known, [wanted(job.overrides, self._config(job.overrides)) for job in known], self.directory)

    def add(self, batch: Iterable[Trial]) -> None:
        """Record trials that are about to run."""
        for trial in batch:
            hashed = identity(self._config(trial.overrides))
            self.jobs[trial.number] = Asked(trial.number, hashed, trial.overrides, *self.goal, tries=1)
        self._write()

    def _config(self, overrides: Sequence[str]) -> DictConfig:
        return without_hydra(self.compose([*self.fixed, *overrides]))

    def _write(self) -> None:
        self.record = replace(self.record, jobs=tuple(job for _, job in sorted(self.jobs.items())))
        self.record.write(self.directory)


def _earlier(directory: Path) -> Sequence[Asked]:
    try:
        return Record.read(directory).jobs
    except (FileNotFoundError, ValueError):
        return ()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
