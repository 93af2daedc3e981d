"""One training run: `python train.py`, with Hydra's overrides."""

import logging
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import hydra
from lightning import LightningDataModule, LightningModule, Trainer, seed_everything
from lightning.fabric.utilities.exceptions import MisconfigurationException

from configs import Config
from project.checkpoint import misfits, weights
from project.config import ConfigError, build, check
from project.config.build import plain
from project.config.hydras import VERSION_BASE
from project.config.job import identity, overrides
from project.config.launch import Rehearsal, launch
from project.config.problem import Problem, did_you_mean
from project.preflight import Report, Trouble, Unfinished, device_memory, isolated, preflight
from project.provenance import Provenance
from project.stages import Stages

NOISE = (
    ".*LeafSpec.*is deprecated",  # inside Lightning 2.6
    ".*does not have many workers",  # advice for data that is read sample by sample
    "The dirpath has changed",  # of a run that is evaluated from another directory than it was trained in
    "Checkpoint directory .* exists and is not empty",  # of a run that goes on in its own
)

log = logging.getLogger(__name__)


@hydra.main(config_name="config", config_path=None, **VERSION_BASE)
def main(config: Config) -> float:
    """Train and test what the config describes, and return the best value of what it monitors."""
    logging.captureWarnings(True)
    for message in NOISE:
        warnings.filterwarnings("ignore", message)
    check(config)
    seed_everything(config.seed, workers=True, verbose=False)
    datamodule, loop, trainer = assemble(config)
    refuse_unfit(config.ckpt_path, loop)
    provenance = Provenance(config.output_dir, identity(config), overrides(), config.seed, config.rerun)
    provenance.begin(trainer)
    results = Stages(trainer, loop, datamodule, config.monitor, config.ckpt_path).run(config.stages)
    path = results.write(Path(config.output_dir))
    log.info("data: %s", results.data)
    log.info("test: %s", ", ".join(f"{name} {value:.4f}" for name, value in results.test.items()))
    log.info("best %s: %.4f; everything in %s", results.monitor, results.value, path.parent)
    provenance.end()
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
        refuse_unfit(config["ckpt_path"], loop)
    except ConfigError as error:
        return error
    return preflight(datamodule, loop, precision=config["trainer"]["precision"], device_memory=memory)


def refuse_unfit(ckpt_path: str | None, loop: LightningModule) -> None:
    """Raise a `ConfigError` when there are weights to start from that cannot be loaded into the loop."""
    try:
        wrong = misfits(weights(ckpt_path), loop) if ckpt_path else []
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError([Problem("ckpt_path", str(error))]) from error
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
    try:
        trainer = build(
            config.trainer,
            default_root_dir=config.output_dir,
            logger=list(logger.values()),
            callbacks=list(callbacks.values()),
        )
    except MisconfigurationException as error:  # such as a device that this machine has not
        raise ConfigError([Problem("trainer", str(error))]) from error
    return datamodule, loop, trainer


if __name__ == "__main__":
    launch(main, rehearse)
