"""Where images in memory are kept: a second copy on the CPU stands for that on a device, to the bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from compared import differences
from in_process import SMALL, run
from lightning import Callback, LightningModule, Trainer
from recorded_training import QUIET, Tiny
from torch import Tensor

from project.datamodule import FashionMNIST, image
from project.datamodule.batches import LabelledImages, tensor_of
from project.datamodule.placement import SHARE, room

CPU, META = torch.device("cpu"), torch.device("meta")
ENOUGH = 10**6


def plenty(_: torch.device) -> int:
    return 10**9


def memory(_: torch.device) -> tuple[int, int]:
    return 1000, 4000


def some() -> LabelledImages:
    random = torch.Generator().manual_seed(0)
    return LabelledImages(torch.randint(256, (10, 1, 2, 2), dtype=torch.uint8, generator=random), torch.arange(10))


def batches(data: LabelledImages, device: torch.device = CPU) -> list[tuple[Tensor, Tensor]]:
    return list(data.batches(tensor_of([3, 1, 4, 9, 5]), 2, device))


def test_batches_are_made_of_the_copy_to_the_same_bits() -> None:
    data = some()
    before = batches(data)
    data.bring(CPU, ENOUGH)
    data.images.zero_()
    for (images, labels), (wanted, called) in zip(batches(data), before, strict=True):
        assert torch.equal(images, wanted)
        assert torch.equal(labels, called)
    assert torch.equal(data.__getitems__([3, 1])[0], before[0][0])


def test_what_is_released_is_read_where_it_was() -> None:
    data = some()
    data.bring(CPU, ENOUGH)
    data.images.zero_()
    data.release()
    assert not any(images.any() for images, _ in batches(data))


def test_what_takes_more_than_its_share_stays_where_it_is() -> None:
    data = some()
    data.bring(META, data.images.nbytes + data.labels.nbytes - 1)
    assert data.near[0] is data.images
    assert batches(data, META)[0][0].device == META


def test_batches_of_a_copy_on_a_device_are_there() -> None:
    data = some()
    data.bring(META, ENOUGH)
    made = [*batches(data, META), data.__getitems__([3, 1, 4])]
    assert [images.shape[0] for images, _ in made] == [2, 2, 1, 3]
    assert {part.device for batch in made for part in batch} == {META}


def test_a_gpu_gives_a_share_of_what_it_has_free_and_a_cpu_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", memory)
    assert room(torch.device("cuda", 1)) == SHARE * 1000
    assert room(CPU) == 0


def test_a_run_on_copies_is_the_run_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = (*SMALL, "stages=[fit,test,predict]", "callbacks=[checkpoint,predictions]")
    plain = run(tmp_path, *line)
    monkeypatch.setattr(image, "room", plenty)
    placed = run(tmp_path, *line)
    assert differences(plain, placed) == []
    assert (plain / "predictions.csv").read_bytes() == (placed / "predictions.csv").read_bytes()


class Look(Callback):
    """Notes where training and validation batches are made."""

    def __init__(self) -> None:
        self.copied = list[bool]()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        parts: Any = trainer
        for loader in (parts.train_dataloader, parts.val_dataloaders):
            self.copied.append(loader.dataset.near[0] is not loader.dataset.images)


@pytest.mark.parametrize(("workers", "copied"), [(0, True), (1, False)])
def test_a_fit_has_copies_unless_workers_make_its_batches_and_leaves_none(
    workers: int, copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "room", plenty)
    data, look = FashionMNIST(source="bundled", num_workers=workers), Look()
    trainer = Trainer(max_steps=1, limit_val_batches=1, callbacks=[look], enable_checkpointing=False, **QUIET)
    trainer.fit(Tiny(), data)
    loaders: Any = trainer.train_dataloader, trainer.val_dataloaders
    assert look.copied == [copied, copied]
    assert all(loader.dataset.near[0] is loader.dataset.images for loader in loaders)
