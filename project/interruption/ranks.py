"""The other processes of a run, where Lightning has started them."""

import subprocess
from contextlib import suppress
from multiprocessing.process import BaseProcess
from typing import Any, Final

from lightning import Trainer
from lightning.fabric.plugins.environments.lightning import LightningEnvironment

_GRACE_S: Final = 10
"""Seconds that they have to end after the first process has."""


def end_others(trainer: Trainer) -> None:
    """Leave none of them behind; Lightning itself ends them only after a Ctrl-C."""
    for process in _started(trainer):
        if isinstance(process, BaseProcess):
            process.join(_GRACE_S)
        elif isinstance(process, subprocess.Popen):
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
        process.kill()


def waits_for_others(trainer: Trainer) -> bool:
    """Whether this process does nothing but wait for those that it has spawned."""
    return any(isinstance(process, BaseProcess) for process in _started(trainer))


def follows(trainer: Trainer) -> bool:
    """Whether this process was started by Lightning, which kills them all when one of these ends with a status."""
    environment = getattr(trainer.strategy, "cluster_environment", None)
    return isinstance(environment, LightningEnvironment) and not trainer.is_global_zero


def _started(trainer: Trainer) -> list[Any]:
    return list(getattr(trainer.strategy.launcher, "procs", ()))
