"""Where a picture goes: into a file, and to every logger that takes images."""

from pathlib import Path
from typing import Any

import numpy as np
from lightning import Trainer
from lightning.pytorch.loggers import MLFlowLogger, TensorBoardLogger, WandbLogger
from numpy.typing import NDArray
from PIL import Image


def publish(picture: NDArray[np.uint8], path: Path, tag: str, trainer: Trainer) -> None:
    """Save a picture (H, W, 3) at `path`, and log it as `tag` at the step that the run has reached."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture)
    image.save(path)
    for logger in trainer.loggers:
        experiment: Any = getattr(logger, "experiment", None)
        match logger:
            case TensorBoardLogger():
                experiment.add_image(tag, picture, trainer.global_step, dataformats="HWC")
            case WandbLogger():
                logger.log_image(tag, [image], trainer.global_step)
            case MLFlowLogger():
                experiment.log_image(logger.run_id, image, artifact_file=f"pictures/{path.name}")
            case _:
                pass
