"""A job of Slurm's that is to go on later."""

import os
import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager

from .signals import ENDING, Interrupted, end, handled, name_of, unclaimed, write


@contextmanager
def ending_by_signals() -> Generator[None]:
    """Let signals end the program inside without a traceback, and requeue its job where Slurm sent them.

    Raises:
        Interrupted: when one does.
    """
    with handled({signum: end for signum in ENDING if unclaimed(signum)}):
        try:
            yield
        except Interrupted as ended:
            if inside_slurm() and os.environ.get("SLURM_PROCID", "0") == "0":
                requeue(ended.signum)
            raise


def inside_slurm() -> bool:
    """Whether this is a batch job, and no shell that somebody has asked Slurm for."""
    return "SLURM_JOB_ID" in os.environ and os.environ.get("SLURM_JOB_NAME") not in {"bash", "interactive"}


def requeue(signum: int) -> None:
    """Put the job into the queue again, last of all: Slurm then kills it.

    After a SIGUSR1, which is sent because the user asked for it (`sbatch --signal=USR1@120`). After a SIGTERM if the
    job still counts as running, as one does that is preempted and has a time of grace; one that was cancelled, or has
    used up its time, does not.
    """
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    job = f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}" if array else os.environ["SLURM_JOB_ID"]
    if signum != signal.SIGUSR1 and not (signum == signal.SIGTERM and _running(job)):
        return
    answer = _scontrol("requeue", job)
    write(f"{name_of(signum)}: job {job} {f'could not be requeued: {answer}' if answer else 'is requeued'}")


def _running(job: str) -> bool:
    return re.search(r"\bJobState=RUNNING\b", _scontrol("show", "job", job)) is not None


def _scontrol(*arguments: str) -> str:
    """What `scontrol` says, or why it says nothing."""
    try:
        done = subprocess.run(["scontrol", *arguments], capture_output=True, text=True, timeout=30)  # noqa: S603, S607
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stdout + done.stderr).strip()
