"""Under a Trainer: what is changed in training images, when, and the same after a resumption."""

from pathlib import Path
from typing import Any

import pytest
import torch
from every_datamodule import pairs
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torchvision.transforms import v2

from project.datamodule import DatasetDataModule

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*callbacks used to create the checkpoint"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


class Sums(LightningModule):
    """Notes the sum of each image, by stage and step."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3 * 8 * 8, 5)
        self.seen: dict[str, list[list[float]]] = {"train": [], "validate": [], "test": [], "predict": []}

    def note(self, stage: str, images: Tensor) -> Tensor:
        # A weighted sum, which a flip changes.
        weights = torch.arange(images[0].numel()).view_as(images[0])
        sums: list[float] = (images * weights).sum(dim=(1, 2, 3)).numpy().tolist()
        self.seen[stage].append(sums)
        scores: Tensor = self.layer(images.flatten(1))
        return scores

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(self.note("train", batch[0]), batch[1])

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        self.note("validate", batch[0])

    def test_step(self, batch: tuple[Tensor, Tensor]) -> None:
        self.note("test", batch[0])

    def predict_step(self, batch: Tensor) -> Tensor:
        return self.note("predict", batch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def trainer(*callbacks: ModelCheckpoint) -> Trainer:
    quiet: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    return Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=list(callbacks),
        enable_checkpointing=bool(callbacks),
        **quiet,
    )


def data(**settings: Any) -> DatasetDataModule:
    usual: dict[str, Any] = {"num_workers": 0, "batch_size": 10, "val_size": 10}
    return DatasetDataModule(pairs(40), pairs(10), num_classes=5, num_channels=3, height=8, width=8, **usual | settings)


def test_only_training_batches_are_augmented() -> None:
    model, runner, black = Sums(), trainer(), data(augment=torch.zeros_like)
    runner.fit(model, black)
    runner.test(model, black, verbose=False)
    runner.predict(model, black)
    assert [len(model.seen[stage]) for stage in model.seen] == [6, 3, 1, 1]
    assert all(len(set(sums)) == 1 for sums in model.seen["train"])
    assert all(len(set(sums)) == 10 for stage in ("validate", "test", "predict") for sums in model.seen[stage])
    assert model.seen["test"] == model.seen["predict"]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_run_sees_the_transformed_images_it_would_have_seen(tmp_path: Path, num_workers: int) -> None:
    flips = v2.RandomHorizontalFlip(p=0.5)
    each_step = ModelCheckpoint(tmp_path, filename="{step}", every_n_train_steps=1, save_top_k=-1)
    unbroken, resumed = Sums(), Sums()
    trainer(each_step).fit(unbroken, data(transform=flips))
    saved = tmp_path / "step=4.ckpt"
    trainer().fit(resumed, data(transform=flips, num_workers=num_workers), ckpt_path=saved, weights_only=True)
    assert resumed.seen["train"] == unbroken.seen["train"][4:]
