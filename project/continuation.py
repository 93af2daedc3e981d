"""What a run goes on with that was asked to (`resume=true`): what its own directory holds."""

import json
import logging
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.pytorch.loggers import Logger

from project.checkpoint import usable
from project.config import ConfigError
from project.problem import Problem
from project.provenance import Provenance
from project.rank import rank
from project.results import Results
from project.resume import Rewinding

log = logging.getLogger(__name__)

Resume = bool | Literal["anyway"]


def finished(resume: Resume, provenance: Provenance) -> Results | None:
    """The results of a run that has come to its end, and is asked for nothing else than it was then.

    Raises:
        ConfigError: another process is at it.
    """
    if not resume or rank():
        return None
    directory = provenance.directory
    if (pid := running(directory)) is not None:
        what = f"{directory} is being written by process {pid}"
        raise ConfigError([Problem("resume", what, hint="Wait for its end, or end it.")])
    results = directory / "results.json"
    if not provenance.repeated or not results.is_file():
        return None
    log.info("resume: %s is finished", directory)
    return Results.read(results)


def checkpoint(resume: Resume, provenance: Provenance, loggers: Sequence[Logger]) -> str | None:
    """Where training goes on from, None for the beginning; what was logged later is taken back.

    Raises:
        ConfigError: the code has changed since, so that the outcome would be neither the old code's nor the new one's.
    """
    directory = provenance.directory
    if not resume:
        return None
    found = usable(directory)
    if not rank():
        if not provenance.earlier:
            log.warning("resume: there is nothing to go on with; the run begins")
            return None
        _tell(resume, provenance)
        log.info("resume: %s", f"goes on from {found}" if found else f"{directory} begins again: it has no checkpoint")
        (directory / "results.json").unlink(missing_ok=True)
        if found is None:
            _set_aside(directory)
        _rewind(loggers, found)
    return None if found is None else str(found)


def running(directory: Path) -> int | None:
    """The process that is writing a run, if it is another one of this machine."""
    try:
        status: dict[str, Any] = json.loads((directory / "status.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    pid = status.get("pid")
    if status.get("state") != "running" or status.get("hostname") != platform.node() or pid in (None, os.getpid()):
        return None
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(int(pid), 0)
        return int(pid)
    return None


def _tell(resume: Resume, provenance: Provenance) -> None:
    code, others = provenance.changes()
    for line in [*code, *others]:
        log.warning("resume: since the run was cut off, %s", line)
    if code and provenance.repeated and resume != "anyway":
        hint = "Check that code out again; or go on with this one by resume=anyway, or begin anew without resume."
        raise ConfigError([Problem("resume", f"{provenance.directory} ran other code; {'; '.join(code)}", hint=hint)])


def _set_aside(directory: Path) -> None:
    """Of a run that begins again: what is saved now is not numbered after it, and it may be all that is left."""
    for old in directory.glob("checkpoints/*.ckpt"):
        old.replace(old.with_suffix(".ckpt.old"))


def _rewind(loggers: Sequence[Logger], found: Path | None) -> None:
    marks: dict[str, Any] | None = None
    if found is not None:
        saved: dict[str, Any] = torch.load(found, map_location="cpu", weights_only=True, mmap=True)
        marks = saved.get("resume", {}).get("loggers", {})
    for logger in loggers:
        name = type(logger).__name__
        if isinstance(logger, Rewinding) and (marks is None or name in marks):
            logger.rewind(None if marks is None else marks[name])
