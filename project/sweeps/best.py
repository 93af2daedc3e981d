"""The command line that repeats a job of a sweep."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from .files import Files, texts
from .outcome import Job, assigned, written
from .sweep import Sweep
from .table import shown

_OF_A_SWEEP = frozenset({"resume", "sweep", "output_dir"})
"""What says how to go on with a job, and nothing of what it computes."""


def command_line(sweep: Sweep, job: Job) -> str:
    """What to type, quoted for a shell, so that the job runs again by itself."""
    files = Files()
    command = sweep.command or texts(files.json(job.directory / "provenance.json").get("command"))
    asked = written(job.directory, files) or (*_fixed(command, sweep.swept), *job.overrides)
    kept = [item for item in asked if not _about_the_sweep(item)]
    program = command[0] if command and command[0].endswith(".py") else "train.py"
    return shlex.join(["python", shown(Path(program)), *kept])


def _fixed(command: Sequence[str], swept: Sequence[str]) -> list[str]:
    """What a command line asks of every job."""
    items = [item for item in command[1:] if "=" in item and not item.startswith("-")]
    return [item for item in items if assigned([item]).keys().isdisjoint(swept)]


def _about_the_sweep(override: str) -> bool:
    path = override.lstrip("+~").partition("=")[0]
    return path in _OF_A_SWEEP or path.startswith(("hydra.", "hydra/"))
