"""Jobs that submitit runs, on this machine or on Slurm."""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from hydra.core.utils import JobReturn

from project.config.devices import on_own_gpus
from project.config.engine import failed
from project.config.signature import locate
from project.containment import JobError, die_with, heard
from project.interruption.signals import ENDING, end, handled

FOLDER = "${hydra.sweep.dir}/.submitit/%j"
"""Where submitit keeps what it has of a job."""


def in_process(job: Callable[[Any], Any], gpus_per_job: int, config: Any) -> Any:
    """Call a job in the process that submitit has started for it, whose signals submitit would keep for itself."""
    die_with(os.getppid())
    with handled(dict.fromkeys(heard(), end)):
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            return on_own_gpus(job, gpus_per_job, config)
        except SystemExit as ended:  # submitit would wait for the value of a process that ends so
            raise JobError("it was interrupted") from ended


@contextmanager
def submitted_alone(*, here: bool) -> Generator[None]:
    """Have submitit wait for each job whatever became of the others.

    Args:
        here: whether they are processes of this machine: a terminal's signals are kept from them, and none outlives
            what is inside.
    """
    executor: Any = locate("submitit.AutoExecutor")
    jobs: list[Any] = []
    submit = executor.map_array

    def map_array(self: Any, *given: Any) -> list[Any]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING if here else ())
        try:
            jobs.extend(submit(self, *given))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return [_Submitted(job) for job in jobs]

    with patch.object(executor, "map_array", map_array):
        try:
            yield
        except BaseException:
            for job in jobs if here else ():
                with suppress(OSError):
                    os.kill(int(job.job_id), signal.SIGKILL)  # and its job with it
            raise


@dataclass(frozen=True)
class _Submitted:
    job: Any

    def results(self) -> list[JobReturn]:
        """What submitit has, or why it has nothing."""
        try:
            found: list[JobReturn] = self.job.results()
        except Exception as error:
            return [failed(error)]
        return found
