"""One training run: `python train.py`, with Hydra's overrides."""

import logging
import math
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import hydra
from lightning import LightningDataModule, LightningModule, Trainer, seed_everything

from configs import Config
from project.config import ConfigError, build, check, hyperparameters
from project.config.build import plain
from project.config.launch import Rehearsal, launch
from project.config.problem import Problem, did_you_mean
from project.logger import recording
from project.preflight import Report, Trouble, Unfinished, device_memory, isolated, preflight
from project.results import Results, floats

# A deprecation inside Lightning 2.6, and its advice for data that is read sample by sample.
NOISE = (".*LeafSpec.*is deprecated", ".*does not have many workers")

log = logging.getLogger(__name__)


@hydra.main(config_name="config", config_path=None, version_base=None)
def main(config: Config) -> float:
    """Train and test what the config describes, and return the best value of what it monitors."""
    logging.captureWarnings(True)
    for message in NOISE:
        warnings.filterwarnings("ignore", message)
    check(config)
    seed_everything(config.seed, workers=True, verbose=False)
    datamodule, loop, trainer = assemble(config)
    with recording(trainer.loggers, hyperparameters(config)):
        results = run(datamodule, loop, trainer, config.monitor)
    path = results.write(Path(config.output_dir))
    log.info("data: %s", results.data)
    log.info("test: %s", ", ".join(f"{name} {value:.4f}" for name, value in results.test.items()))
    log.info("best %s: %.4f; everything in %s", results.monitor, results.value, path.parent)
    return results.value


def rehearse(config: Config) -> Rehearsal:
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
    except ConfigError as error:
        return error
    return preflight(datamodule, loop, precision=config["trainer"]["precision"], device_memory=memory)


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


def unknown_monitors(config: Config, report: Report) -> list[Problem]:
    """The callbacks that wait for a value which no phase logs; none where not all phases could be tried."""
    if not {"train", "val"} <= report.logged.keys():
        return []
    logged = frozenset[str]().union(*report.logged.values())
    monitors = {name: getattr(callback, "monitor", None) for name, callback in config.callbacks.items()}
    return [
        Problem(f"callbacks.{name}.monitor", f"'{monitor}' is logged by no phase", hint=did_you_mean(monitor, logged))
        for name, monitor in monitors.items()
        if monitor is not None and monitor not in logged
    ]


def assemble(config: Config) -> tuple[LightningDataModule, LightningModule, Trainer]:
    """Build the parts of a run: the data, the loop with its model, and the Trainer with its loggers and callbacks."""
    datamodule, loop = build(config.datamodule), build(config.loop)
    logger, callbacks = build(config.logger), build(config.callbacks)
    trainer = build(
        config.trainer,
        default_root_dir=config.output_dir,
        logger=list(logger.values()),
        callbacks=list(callbacks.values()),
    )
    return datamodule, loop, trainer


def run(datamodule: LightningDataModule, loop: LightningModule, trainer: Trainer, monitor: str) -> Results:
    """Fit, then test the best checkpoint (the last weights when none was saved)."""
    trainer.fit(loop, datamodule)
    checkpoint = trainer.checkpoint_callback
    best = getattr(checkpoint, "best_model_path", "")
    validation = floats(trainer.callback_metrics, "val/")
    value = getattr(checkpoint, "best_model_score", None) if best else validation.get(monitor)
    test = trainer.test(loop, datamodule, ckpt_path=best or None, verbose=False)
    return Results(
        monitor=monitor,
        value=math.nan if value is None else float(value),
        checkpoint=best,
        data=getattr(datamodule, "source_used", ""),
        epochs=trainer.current_epoch,
        steps=trainer.global_step,
        validation=validation,
        test=floats(test[0]),
    )


if __name__ == "__main__":
    launch(main, rehearse)
