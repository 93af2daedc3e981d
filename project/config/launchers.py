"""What runs the jobs of a sweep: other people's engines, their parameters typed and checked like any other's.

Sources: https://hydra.cc/docs/plugins/joblib_launcher, https://hydra.cc/docs/plugins/submitit_launcher and
https://hydra.cc/docs/plugins/ray_launcher.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher as Launcher
from hydra.types import TaskFunction
from omegaconf import OmegaConf

from project.config.engine import PLUGINS, Engine, Job, asked_alone, in_worker, plugin
from project.config.slurm import SubmititSlurm as SubmititSlurm
from project.config.submitted import FOLDER, in_process, submitted_alone


class Basic(Engine):
    """One job after another on this machine, each in a process of its own."""

    forks, grace_s = True, math.inf

    def task(self, task_function: TaskFunction) -> TaskFunction:
        """The job, during which somebody may look after the sweep."""
        return Job(task_function, contain=True, tick=lambda: self.tick())

    def engine(self) -> Launcher:
        """Hydra's."""
        return BasicLauncher()

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs, until the sweep is stopped."""
        return self.in_turn(job_overrides, initial_job_idx, 1)


class Joblib(Engine):
    """Several jobs at a time on this machine, in processes that joblib keeps; each has GPUs of its own.

    Args:
        n_jobs: processes; -1 for one a CPU.
        gpus_per_job: GPUs that a process sees and no other does, while there are enough; 0 to show it all of them.
        timeout: seconds that a job may take; None for any.
        verbose: from 1 on, how much joblib says of its progress.
    """

    requires: ClassVar[Mapping[str, str]] = {f"{PLUGINS}.hydra_joblib_launcher": "project[joblib]"}
    grace_s = math.inf

    def __init__(
        self,
        n_jobs: Annotated[int, Ge(-1)] = -1,
        gpus_per_job: Annotated[int, Ge(0)] = 1,
        timeout: Annotated[float, Gt(0)] | None = None,
        verbose: Annotated[int, Ge(0)] = 0,
    ) -> None:
        # A job at a time to a process: batches of them would wait behind a long one.
        self.settings = {"n_jobs": n_jobs, "timeout": timeout, "verbose": verbose, "batch_size": 1}
        self.gpus_per_job = gpus_per_job

    def engine(self) -> Launcher:
        """The plugin's."""
        return plugin("hydra_joblib_launcher.joblib_launcher.JoblibLauncher", **self.settings)

    def task(self, task_function: TaskFunction) -> TaskFunction:
        """The job, on GPUs of its own."""
        return partial(in_worker, Job(task_function, contain=True), self.gpus_per_job)


class SubmititLocal(Engine):
    """Several jobs at a time on this machine, each in a new process; each has GPUs of its own.

    Args:
        n_jobs: processes at a time; the next ones start when all of these have ended.
        gpus_per_job: GPUs that a job sees and no other does, while there are enough; 0 to show it all of them.
        timeout_min: minutes that a job may take.
        stderr_to_stdout: one log a job, rather than two.
        submitit_folder: where submitit keeps the logs; `%j` is the job.
    """

    requires: ClassVar[Mapping[str, str]] = {f"{PLUGINS}.hydra_submitit_launcher": "project[slurm]"}
    grace_s = 600

    def __init__(
        self,
        n_jobs: Annotated[int, Ge(1)] = 4,
        gpus_per_job: Annotated[int, Ge(0)] = 1,
        timeout_min: Annotated[int, Ge(1)] = 7 * 24 * 60,
        stderr_to_stdout: bool = False,
        submitit_folder: str = FOLDER,
    ) -> None:
        self.settings: dict[str, Any] = {
            "timeout_min": timeout_min,
            "stderr_to_stdout": stderr_to_stdout,
            "submitit_folder": submitit_folder,
        }
        self.n_jobs, self.gpus_per_job = n_jobs, gpus_per_job

    def engine(self) -> Launcher:
        """The plugin's."""
        return plugin("hydra_submitit_launcher.submitit_launcher.LocalLauncher", **self.settings)

    def task(self, task_function: TaskFunction) -> TaskFunction:
        """The job, on GPUs of its own."""
        return partial(in_process, super().task(task_function), self.gpus_per_job)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs; submitit by itself starts all of them at once."""
        return self.in_turn(job_overrides, initial_job_idx, self.n_jobs)

    def hand_over(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run some of them; one that is killed costs the others nothing, and none is left running."""
        with submitted_alone(here=True):
            return super().hand_over(job_overrides, initial_job_idx)


class Ray(Engine):
    """Jobs on a Ray cluster, or on one that Ray starts on this machine; Ray gives each its devices.

    Args:
        num_cpus: CPUs of a job, which Ray counts and does not enforce.
        num_gpus: GPUs of a job, which it alone sees; 0.5 for two jobs a GPU.
        address: of a cluster that runs already, or "auto"; None to start one here.
        resources: what else a job needs, by Ray's names.
        object_store_memory: bytes that Ray holds in shared memory, of a cluster started here.
        include_dashboard: whether one started here has its web page.
    """

    requires: ClassVar[Mapping[str, str]] = {f"{PLUGINS}.hydra_ray_launcher": "project[ray]"}

    def __init__(
        self,
        num_cpus: Annotated[float, Gt(0)] = 1,
        num_gpus: Annotated[float, Ge(0)] = 0,
        address: str | None = None,
        resources: Mapping[str, float] | None = None,
        object_store_memory: Annotated[int, Ge(78643200)] = 78643200,
        include_dashboard: bool = False,
    ) -> None:
        here = {"object_store_memory": object_store_memory, "include_dashboard": include_dashboard}
        self.init = {"address": address, **({"object_store_memory": None} if address else here)}
        # A process a job: nothing of one is left for the next.
        self.remote = {"num_cpus": num_cpus, "num_gpus": num_gpus, "resources": resources or {}, "max_calls": 1}

    def engine(self) -> Launcher:
        """The plugin's."""
        settings = OmegaConf.create({"init": self.init, "remote": self.remote})
        return plugin("hydra_ray_launcher.ray_launcher.RayLauncher", ray=settings)

    def hand_over(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs; one whose process is gone costs the others nothing."""
        with asked_alone():
            return super().hand_over(job_overrides, initial_job_idx)
