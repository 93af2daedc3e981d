"""A tiny training run that notes which images each step saw; under two processes when run as a script.

As a script: `recorded_training.py OUTPUT_DIRECTORY` runs every stage on two CPU processes, and each writes
`rank0.json` or `rank1.json`.
"""

import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from project.datamodule import FashionMNIST

Batches = list[list[int]]
"""By batch, the `crcs` of its images."""

QUIET: dict[str, Any] = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


def crcs(images: Tensor) -> list[int]:
    """What tells the images of a batch apart."""
    return [zlib.crc32(image.numpy().tobytes()) for image in images]


class Recorded(FashionMNIST):
    """The bundled subset; `seen` holds, by stage, the images of each batch."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(source="bundled", **settings)
        self.seen: dict[str, Batches] = {}

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        assert self.trainer is not None
        images = batch if isinstance(batch, Tensor) else batch[0]
        stage = self.trainer.state.stage
        assert stage is not None
        self.seen.setdefault(stage.value, []).append(crcs(images))
        return batch


class Tiny(LightningModule):
    """A linear classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(self.layer(batch[0].flatten(1)), batch[1])

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        self.training_step(batch)

    def test_step(self, batch: tuple[Tensor, Tensor]) -> None:
        self.training_step(batch)

    def predict_step(self, batch: Tensor) -> Tensor:
        scores: Tensor = self.layer(batch.flatten(1))
        return scores

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def train(data: Recorded, *callbacks: Callback, resume: Path | None = None, **settings: Any) -> Batches:
    """Train for three epochs; return the training batches."""
    settings = {"max_epochs": 3, "num_sanity_val_steps": 0, "limit_val_batches": 2} | settings
    settings["enable_checkpointing"] = bool(callbacks)
    trainer = Trainer(**QUIET, **settings, callbacks=list(callbacks))
    trainer.fit(Tiny(), data, ckpt_path=resume, weights_only=None if resume is None else True)
    return data.seen["train"]


def main() -> None:
    data = Recorded(batch_size=500)
    trainer = Trainer(
        **QUIET, strategy="ddp", devices=2, max_epochs=2, num_sanity_val_steps=0, enable_checkpointing=False
    )
    model = Tiny()
    trainer.fit(model, data)
    trainer.test(model, data, verbose=False)
    trainer.predict(model, data)
    Path(sys.argv[1], f"rank{trainer.global_rank}.json").write_text(json.dumps(data.seen), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    main()
