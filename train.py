"""One training run: `python train.py`, with Hydra's overrides."""

import signal

if __name__ == "__main__":
    # What takes seconds to be imported may be broken off without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from project.deferred import defer
    from project.door import Door

    door = Door(__file__)
    defer()

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

import hydra
from lightning import LightningDataModule, LightningModule, Trainer, seed_everything
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import set_flush_denormal

from configs import Config
from project import continuation
from project.acceleration import accelerate
from project.checkpoint import keep_whole
from project.config import ConfigError, build, check, hyperparameters
from project.config.hydras import VERSION_BASE
from project.config.job import identity, overrides
from project.config.kept.taken import taken
from project.config.launch import launch
from project.config.ranks import followers
from project.config.tree import described
from project.console import show
from project.faults import ending_by_faults, faults_told
from project.interruption import ending_by_signals, interruptible
from project.logger import recording
from project.problem import Problem
from project.provenance import Provenance
from project.pruning import pruned, pruning
from project.ranks import following, led
from project.rehearsal import refuse_unfit, rehearse
from project.resume import Between, Reseed
from project.rounds import in_rounds
from project.stages import Stages
from project.status import recorded

NOISE = (
    ".*LeafSpec.*is deprecated",  # inside Lightning 2.6
    ".*does not have many workers",  # advice for data that is read sample by sample
    "The dirpath has changed",  # of a run that is evaluated from another directory than it was trained in
    "The .srun. command is available",  # advice on a machine of a cluster
    "Checkpoint directory .* exists and is not empty",  # of a run that goes on in its own
)

PREPARATION = "prepare_data", "setup"
"""What a datamodule does with its arguments before the first batch."""


@hydra.main(config_name="config", config_path=None, **VERSION_BASE)
def main(config: Config) -> float | None:
    """Train and test what the config describes, and return the best value of what it monitors, if that is logged."""
    logging.captureWarnings(True)
    for name in ("lightning.pytorch", "matplotlib"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in NOISE:
        warnings.filterwarnings("ignore", message)
    check(config)
    show(described(config))
    provenance = Provenance(config.output_dir, identity(config), overrides(), config.seed, config.rerun)
    if (done := continuation.finished(config.resume, provenance)) is not None:
        show(done.table(Path(config.output_dir)))
        return done.value
    seed_everything(config.seed, workers=True, verbose=False)
    # Moments of units that are dead shrink below what is normal, where Adam's step takes six times as long on a CPU.
    set_flush_denormal(True)
    with mistakes_told():
        datamodule, loop, trainer = assemble(config)
    ckpt_path = continuation.checkpoint(config.resume, provenance, trainer.loggers) or config.ckpt_path
    refuse_unfit(ckpt_path, loop)
    stages = Stages(trainer, loop, datamodule, config.monitor, ckpt_path)
    provenance.begin(trainer)
    keep_whole(trainer, config.output_dir)
    record, estimate = recorded(config.output_dir, lambda: pruned(trainer)), lambda: rehearse(config).summary
    ranks = led(trainer, *followers(config.output_dir))
    with interruptible(trainer, record), faults_told(trainer, estimate):
        with recording(trainer.loggers, hyperparameters(config)), mistakes_told(), ranks:
            results = stages.run(config.stages)
        path = results.write(Path(config.output_dir))
        results.refuse_no_number()
    show(results.table(path.parent))
    provenance.end()
    return results.value


def assemble(config: Config) -> tuple[LightningDataModule, LightningModule, Trainer]:
    """Build the parts of a run: the data, the loop with its model, and the Trainer with its loggers and callbacks."""
    datamodule, loop = build(config.datamodule), build(config.loop)
    logger, callbacks = build(config.logger), build(config.callbacks)
    trainer = build(
        config.trainer,
        default_root_dir=config.output_dir,
        logger=list(logger.values()),
        callbacks=[Between(), *pruning(config.output_dir, config.monitor), *callbacks.values()],
    )
    accelerate(trainer, loop, config.compile, config.channels_last)
    trainer.callbacks.append(Reseed(config.seed))  # type: ignore[attr-defined]  # set by one of its connectors
    in_rounds(trainer, config.steps_per_round)
    return datamodule, loop, trainer


@contextmanager
def mistakes_told() -> Generator[None, None, None]:
    """Tell what Lightning, or the data's own preparation, says of a config as the user's mistake that it is."""
    try:
        yield
    except MisconfigurationException as error:  # such as a device that this machine has not
        raise ConfigError([Problem("trainer", str(error))]) from error
    except ValueError as error:
        frames = (frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_name in PREPARATION)
        if not any(isinstance(frame.f_locals.get("self"), LightningDataModule) for frame in frames):
            raise
        raise ConfigError([Problem("datamodule", str(error))]) from error


if __name__ == "__main__":
    door.keep(taken)  # pyright: ignore[reportPossiblyUnboundVariable]  # both are under the same condition
    with ending_by_signals(), ending_by_faults(), following():
        launch(main, rehearse)
