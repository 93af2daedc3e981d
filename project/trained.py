"""What a run has trained, for a notebook or a program: `from project import load`."""

import importlib
from pathlib import Path
from typing import Any, NamedTuple

from lightning import LightningDataModule, LightningModule

from project.checkpoint import misfits, weights
from project.config import build, check
from project.config.saved import saved


class Trained(NamedTuple):
    """The parts of a run: its loop with the trained weights, in evaluation mode on the CPU, and its data."""

    loop: LightningModule
    datamodule: LightningDataModule


def load(run: str | Path, checkpoint: str = "best") -> LightningModule:
    """The trained loop of a run's directory; its `model` is the network, and calling it gives the raw output.

        loop = load("outputs/2026-11-23/17-36-58-095318")
        logits = loop(images)

    Nothing in the directory is executed: its config may only name what the catalogue names, and a checkpoint may only
    hold tensors and primitives. It loads on a machine without the device that it was trained on.

    Args:
        run: the run's directory.
        checkpoint: "best", "last", or the name of another file in its `checkpoints/`.

    Raises:
        ConfigError: no run's directory, no such checkpoint, or a config that the catalogue does not allow (any more).
        ValueError: the checkpoint is not whole, holds more than tensors and primitives, or does not fit.
    """
    return parts(run, checkpoint).loop


def parts(run: str | Path, checkpoint: str = "best") -> Trained:
    """The loop as `load` gives it, and the datamodule that it was trained on."""
    importlib.import_module("configs")  # the catalogue's entries say what may be built
    kept = saved(run)
    config: Any = kept.config
    config.output_dir = str(kept.directory)
    check(config)
    loop, datamodule = build(config.loop), build(config.datamodule)
    file = kept.checkpoint(checkpoint)
    state = weights(file)
    if wrong := misfits(state, loop):
        raise ValueError("\n".join([f"{file} does not fit the run's model:", *wrong]))
    loop.load_state_dict(state)
    return Trained(loop.eval(), datamodule)
