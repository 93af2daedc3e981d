"""What every launcher of a sweep has in common: a job that fails is recorded and contained."""

import logging
import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar
from unittest.mock import patch

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from project.config.devices import on_own_gpus
from project.config.guards import listed
from project.config.ranks import is_follower
from project.config.signature import locate
from project.containment import JobError, called, contained, die_with
from project.interruption.signals import ENDING, handled
from project.sweeps.jobs import stop, stopped, truth

PLUGINS = "hydra_plugins"
_ANNOUNCING = "hydra._internal.core_plugins.basic_launcher", PLUGINS
"""Loggers that announce each job with all of its overrides; who launches the jobs tells of them in fewer words."""


class NotBegunError(JobError):
    """The sweep was stopped before the job began."""


class Engine(Launcher):
    """Runs the jobs of a sweep, and loses none of them.

    `launch` returns a `JobReturn` a job, in their order, whatever becomes of them: COMPLETED with the job's value, or
    FAILED with the exception that says why in a line. That is a `JobError`, whose job has the rest in its
    `status.json`; a `NotBegunError`; or what the launcher underneath raised. What is raised is the signal that ends
    the sweep.
    """

    requires: ClassVar[Mapping[str, str]] = {}
    forks: ClassVar[bool] = False
    """Whether the jobs are forks of the process that launches them, in which no thread may run then."""
    grace_s: ClassVar[float] = 0
    """Seconds, after a signal, in which the jobs that run may save and end before they are killed; 0 not to wait."""

    tick: Callable[[], None] = staticmethod(lambda: None)
    """Called now and then while a job runs that is a fork of this process."""

    @abstractmethod
    def engine(self) -> Launcher:
        """The launcher, made when the sweep begins."""

    def task(self, task_function: TaskFunction) -> TaskFunction:
        """What a job calls."""
        return Job(task_function, contain=self.forks)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Make the launcher and hand everything on."""
        # The processes that it starts take the code that has been checked, whatever else is installed.
        here = [str(Path(sys.argv[0]).absolute().parent), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, here))
        for name in _ANNOUNCING:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.sweep = Path(config.hydra.sweep.dir)
        self.launcher = self.engine()
        self.launcher.setup(hydra_context=hydra_context, task_function=self.task(task_function), config=config)

    def outlast(self) -> bool:
        """Wait for jobs that live on without the process that began them; whether none of the sweep's runs any more.

        Raises:
            ConfigError: nobody can tell.
        """
        return False

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs."""
        return self.hand_over(job_overrides, initial_job_idx)

    def in_turn(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int, number: int) -> list[JobReturn]:
        """Run the jobs, `number` at a time, until the sweep is stopped."""
        done: list[JobReturn] = []
        for start in range(0, len(job_overrides), number):
            jobs = job_overrides[start : start + number]
            if stopped(self.sweep):
                done += [failed(NotBegunError("the sweep was stopped"))] * len(jobs)
            else:
                done += self.hand_over(jobs, initial_job_idx + start)
        return done

    def hand_over(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Hand jobs to the launcher underneath."""
        try:
            returned = self.launcher.launch(job_overrides, initial_job_idx)
            # Of many jobs, their configs would be what the sweep's process is full of.
            return [replace(done, cfg=None, hydra_cfg=None) for done in returned]
        except Exception as error:  # it gives up as a whole, such as joblib when one of its workers is killed
            return [failed(error)] * len(job_overrides)


@dataclass(frozen=True)
class Job:
    """What a launcher calls for each job: the task, its end recorded.

    A job that was finished by another start gives its value again, and one that was cut off goes on where it was.

    Args:
        task: what the job computes.
        contain: whether it runs in a fork of the process that calls it.
        tick: see `contained`.
    """

    task: TaskFunction
    contain: bool
    tick: Callable[[], None] | None = None

    def __call__(self, config: Any) -> Any:
        """Run the job that Hydra has set up."""
        hydra = HydraConfig.get()
        directory, sweep = Path(hydra.runtime.output_dir), Path(hydra.sweep.dir)
        if is_follower():  # a rank of a job, which the first one records
            return self.task(config)
        if stopped(sweep):
            raise NotBegunError("the sweep was stopped")
        state = truth(directory)
        # Slurm starts a job again, and on any machine, when nothing of it runs any more.
        again = state == "running" and os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
        if (again or state in {"killed", "interrupted"}) and config.get("resume") is False:
            config.resume = True
        try:
            if self.contain:
                return contained(self.task, config, directory, self.tick or _nothing)
            return called(self.task, config, directory)
        except JobError as error:
            if hydra.sweeper.get("on_failure") == "stop" and truth(directory) == "failed":
                stop(sweep, f"{directory.name}: {error}")
            raise


def in_worker(job: Callable[[Any], Any], gpus_per_job: int, config: Any) -> Any:
    """Call a job in a process that another one keeps for its jobs, and that is to be gone with that one."""
    die_with(os.getppid())
    # A Ctrl-C reaches it too: it passes that on to its job, and does not end by it.
    with handled(dict.fromkeys(ENDING, _leave)):
        return on_own_gpus(job, gpus_per_job, config)


def failed(error: Exception) -> JobReturn:
    """What is returned for a job that has no value."""
    return JobReturn(status=JobStatus.FAILED, _return_value=error)


def error_of(done: JobReturn) -> Exception | None:
    """What a job raised; None where it ended well."""
    untyped: Any = done  # its `return_value` raises it, and prints
    return untyped._return_value if done.status == JobStatus.FAILED else None


@contextmanager
def asked_alone() -> Generator[None]:
    """Have Ray wait for each job whatever became of the others."""
    ray: Any = locate("ray")
    get = ray.get

    def get_one(run: Any) -> Any:
        try:
            return get(run)
        except Exception as error:
            return failed(error)

    with patch.object(ray, "get", get_one):
        yield


def plugin(path: str, **settings: Any) -> Launcher:
    """A plugin's launcher, its settings plain."""
    plain = {key: value if key == "ray" else _plain(value) for key, value in settings.items()}
    made: Launcher = locate(f"{PLUGINS}.{path}")(**plain)
    return made


def _plain(value: Any) -> Any:
    return listed(OmegaConf.to_container(value, resolve=True)) if OmegaConf.is_config(value) else value


def _leave(_: int, __: FrameType | None) -> None: ...


def _nothing() -> None: ...
