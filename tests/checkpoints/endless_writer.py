"""A process that saves again and again until it is killed; of little import, since many are started."""

import os
import tempfile
from multiprocessing.synchronize import Event
from pathlib import Path

import torch

from project.checkpoint.write import WholeCheckpointIO


def save_forever(directory: Path, temporary: str, saving: Event) -> None:
    os.environ["TMPDIR"] = tempfile.tempdir = temporary
    io, last = WholeCheckpointIO(directory), directory / "checkpoints" / "last.ckpt"
    step = 0
    while True:
        step += 1
        state = {"w": torch.full((300, 1000), float(step))}
        io.save_checkpoint({"state_dict": state, "global_step": step}, last)
        saving.set()
