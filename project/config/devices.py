"""GPUs for the jobs of one machine, where the engine that runs them gives out none."""

import os
import tempfile
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[tuple[str, FileLock]] = []
"""What this process has claimed, until it ends in whatever way."""


def on_own_gpus(task: Callable[[Any], Any], number: int, config: Any) -> Any:
    """Call `task` where it sees `number` GPUs that no other process has claimed; 0 for all there are."""
    if number and (there := gpus()):
        # For good: CUDA reads it once, and the process keeps what it has claimed for its next job.
        os.environ[VISIBLE] = ",".join(claim(there, number))
    return task(config)


def gpus() -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip()]
    return [str(index) for index in range(torch.cuda.device_count())]


def claim(there: Sequence[str], number: int) -> list[str]:
    """Claim `number` of the GPUs for this process; where all are taken, those that the fewest processes share.

    Raises:
        ValueError: there are not so many.
    """
    if len(there) < number:
        raise ValueError(f"a job is to have {number} GPUs, and there are {len(there)}: lower gpus_per_job")
    for share in count():
        for name in there:
            mine = [held for held, _ in _held]
            if len(mine) >= number:
                return mine[:number]
            if name not in mine and (lock := _locked(name, share)):
                _held.append((name, lock))
    raise AssertionError("count() has no end")


def _locked(name: str, share: int) -> FileLock | None:
    """The lock of a share of a GPU, which the system opens when this process is gone; None where another has it."""
    directory = Path(tempfile.gettempdir(), f"gpus-of-{os.getuid()}")
    directory.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(directory / f"{name.replace('/', '_')}.{share}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock
