"""One training run: `python train.py`, with Hydra's overrides."""

import logging
import math
import warnings
from pathlib import Path

import hydra
from lightning import LightningDataModule, LightningModule, Trainer, seed_everything

from configs import Config
from project.config import build, check
from project.config.launch import launch
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
    results = run(datamodule, loop, trainer, config.monitor)
    path = results.write(Path(config.output_dir))
    log.info("data: %s", results.data)
    log.info("test: %s", ", ".join(f"{name} {value:.4f}" for name, value in results.test.items()))
    log.info("best %s: %.4f; everything in %s", results.monitor, results.value, path.parent)
    return results.value


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
    launch(main)
