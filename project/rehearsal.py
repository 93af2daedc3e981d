"""Trying a composed config out before its run exists: do the parts fit together, and what will they take?"""

from functools import partial
from pathlib import Path
from typing import Any

from lightning import LightningModule

from project.checkpoint import misfits, usable, weights, whole_beside
from project.config import ConfigError, build
from project.config.build import plain
from project.config.launch import Rehearsal
from project.preflight import Report, Trouble, Unfinished, device_memory, isolated, preflight
from project.problem import Problem, did_you_mean


def rehearse(config: Any) -> Rehearsal:
    """Try the composed parts out on tensors without memory, in a child process that may fail as it likes."""
    memory = device_memory(str(config.trainer.accelerator))
    # As plain data, since a child that is not forked gets it pickled.
    outcome = isolated(partial(_preflight, plain(config), memory), timeout_s=60)
    if isinstance(outcome, Unfinished):
        return Rehearsal((), f"preflight: could not be done: {outcome.reason}")
    if isinstance(outcome, ConfigError):
        return Rehearsal(outcome.problems, "")
    return Rehearsal((*map(_problem, outcome.problems), *unknown_monitors(config, outcome)), summary(outcome))


def _preflight(config: dict[str, Any], memory: int | None) -> Report | ConfigError:
    try:
        datamodule, loop = build(config["datamodule"]), build(config["loop"])
        resumed = usable(Path(config["output_dir"])) if config["resume"] else None
        refuse_unfit(str(resumed) if resumed else config["ckpt_path"], loop)
    except ConfigError as error:
        return error
    return preflight(datamodule, loop, precision=config["trainer"]["precision"], device_memory=memory)


def refuse_unfit(ckpt_path: str | None, loop: LightningModule) -> None:
    """Raise a `ConfigError` when there are weights to start from that cannot be loaded into the loop."""
    try:
        wrong = misfits(weights(ckpt_path), loop) if ckpt_path else []
    except (FileNotFoundError, ValueError) as error:
        others = ", ".join(str(other) for other in whole_beside(Path(ckpt_path or "")))
        hint = f"Whole, in the same directory: {others}" if others else ""
        raise ConfigError([Problem("ckpt_path", str(error), hint=hint)]) from error
    if wrong:
        raise ConfigError([Problem("ckpt_path", f"does not fit: {line}") for line in wrong])


def _problem(trouble: Trouble) -> Problem:
    given = f"given {' and '.join(trouble.inputs)}: " if trouble.inputs else ""
    return Problem(trouble.layer or trouble.component, f"{given}{trouble.message}")


def summary(report: Report) -> str:
    """What a run will take, and what could not be found out."""
    parts = [
        f"{report.parameters:,} parameters" if report.parameters else "",
        f"{report.flops / 1e9:.3g} GFLOP a step" if report.flops else "",
        f"about {report.memory.peak / 2**20:.3g} MiB at the peak of a step" if report.memory else "",
    ]
    lines = [f"preflight: {', '.join(filter(None, parts))}", *(f"  not checked: {what}" for what in report.unchecked)]
    return "\n".join(lines)


def unknown_monitors(config: Any, report: Report) -> list[Problem]:
    """The components that wait for a value which no phase logs; none where not all phases could be tried."""
    if not {"train", "val"} <= report.logged.keys():
        return []
    logged = frozenset[str]().union(*report.logged.values())
    waiting = {f"callbacks.{name}": callback for name, callback in config.callbacks.items()}
    monitors = {path: node.get("monitor") for path, node in {**waiting, "scheduler": config.scheduler}.items()}
    return [
        Problem(f"{path}.monitor", f"'{monitor}' is logged by no phase", hint=did_you_mean(monitor, logged))
        for path, monitor in monitors.items()
        if monitor is not None and monitor not in logged
    ]
