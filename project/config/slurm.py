"""Slurm, which runs the jobs of a sweep through submitit.

Source: https://hydra.cc/docs/plugins/submitit_launcher.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import sleep
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import ListConfig, OmegaConf

from project.config.engine import PLUGINS, Engine, plugin
from project.config.submitted import FOLDER, submitted_alone
from project.problem import ConfigError, Problem
from project.sweeps.live import say


class SubmititSlurm(Engine):
    """A Slurm job for each job of the sweep, sent as one array by submitit; Slurm gives each its devices.

    A parameter that is None is left to the cluster.

    Args:
        timeout_min: minutes that a job may take before Slurm ends it.
        partition: where it waits.
        nodes: machines a job.
        tasks_per_node: processes on each of them; one a device under `trainer=ddp`.
        cpus_per_task: CPUs for each process.
        gpus_per_node: GPUs on each machine.
        mem_gb: memory on each machine, in GB.
        array_parallelism: jobs at a time.
        max_num_timeout: how often a job that ran out of time is sent again; it goes on only with `resume=true`.
        signal_delay_s: seconds before its end at which a job is warned.
        account: who pays.
        qos: quality of service.
        gres: other resources, as sbatch takes them.
        constraint: features that a machine must have.
        exclude: machines that are not to be used.
        comment: for the cluster's people.
        setup: shell lines before the job.
        additional_parameters: further options of sbatch by name.
        name: of the Slurm job.
        stderr_to_stdout: one log a job, rather than two.
        submitit_folder: where submitit keeps the logs; `%j` is the job.
    """

    requires: ClassVar[Mapping[str, str]] = {f"{PLUGINS}.hydra_submitit_launcher": "project[slurm]"}

    def __init__(
        self,
        timeout_min: Annotated[int, Ge(1)] = 60,
        partition: str | None = None,
        nodes: Annotated[int, Ge(1)] = 1,
        tasks_per_node: Annotated[int, Ge(1)] = 1,
        cpus_per_task: Annotated[int, Ge(1)] | None = None,
        gpus_per_node: Annotated[int, Ge(0)] | None = None,
        mem_gb: Annotated[float, Gt(0)] | None = None,
        array_parallelism: Annotated[int, Ge(1)] = 256,
        max_num_timeout: Annotated[int, Ge(0)] = 0,
        signal_delay_s: Annotated[int, Ge(1)] = 120,
        account: str | None = None,
        qos: str | None = None,
        gres: str | None = None,
        constraint: str | None = None,
        exclude: str | None = None,
        comment: str | None = None,
        setup: Sequence[str] | None = None,
        additional_parameters: Mapping[str, Any] | None = None,
        name: str = "${hydra.job.name}",
        stderr_to_stdout: bool = False,
        submitit_folder: str = FOLDER,
    ) -> None:
        given = dict(locals())
        self.settings = {key: value for key, value in given.items() if key not in {"self", "__class__"}}
        self.settings["additional_parameters"] = additional_parameters or {}

    def engine(self) -> Launcher:
        """The plugin's."""
        return plugin("hydra_submitit_launcher.submitit_launcher.SlurmLauncher", **self.settings)

    def hand_over(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs; one that is killed costs the others nothing."""
        with submitted_alone(here=False):
            return super().hand_over(job_overrides, initial_job_idx)

    def outlast(self) -> bool:
        """Wait for the Slurm jobs of an earlier start, whose process was killed while they were queued or ran."""
        told = False
        while jobs := _queued(self.sweep):
            if not told:
                told = True
                say(f"{self.sweep}: waits for Slurm's jobs of an earlier start: {', '.join(jobs)}")
            sleep(_POLL_S)
        return True

    @classmethod
    def unfit(cls, settings: Mapping[str, Any], config: Any) -> Iterator[Problem]:
        """The processes of a run that are others than the tasks of its Slurm job, which are to be these processes."""
        for path, name, things in _TASKS:
            value, given = OmegaConf.select(config, path, throw_on_resolution_failure=False), settings[name]
            asked = _number(value, settings, config)
            if asked not in {None, given}:
                what = f"comes to {asked}, and hydra.launcher.{name} is {given}: both are {things} of a run"
                yield Problem(path, what, hint=f"Write hydra.launcher.{name}={asked}, or {path}={given}.")


def _queued(sweep: Path) -> list[str]:
    """The jobs of a sweep that Slurm knows of, by the scripts that submitit has written for them there.

    Raises:
        ConfigError: Slurm does not answer.
    """
    ours = sweep.resolve()
    command = ["squeue", "--noheader", f"--user={os.getuid()}", "--format=%i %o"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        what = f"Slurm does not say which jobs there are: {getattr(error, 'stderr', '').strip() or error}"
        raise ConfigError([Problem("hydra/launcher", what, hint="Nothing was sent.")]) from error
    jobs = (line.split(maxsplit=1) for line in done.stdout.splitlines() if line.count(" "))
    return [number for number, script in jobs if ours in Path(script.strip()).resolve().parents]


_POLL_S = 5
_TASKS = (
    ("trainer.devices", "tasks_per_node", "the processes on each machine"),
    ("trainer.num_nodes", "nodes", "the machines"),
)


def _number(asked: object, settings: Mapping[str, Any], config: Any) -> int | None:
    """How many devices, or machines, a Trainer is asked for; None where only the machine can tell."""
    if isinstance(asked, ListConfig):
        return len(asked)
    if isinstance(asked, str) and "," in asked:
        return len([name for name in asked.split(",") if name.strip()])
    if asked in ("auto", -1, "-1"):
        on_cpus = OmegaConf.select(config, "trainer.accelerator") == "cpu" or settings["gpus_per_node"] == 0
        return 1 if on_cpus else settings["gpus_per_node"]
    return int(asked) if isinstance(asked, int) or (isinstance(asked, str) and asked.isdecimal()) else None
