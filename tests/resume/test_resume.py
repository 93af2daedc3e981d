"""A run that is cut off and gone on with is, bit by bit, the run that was not."""

from pathlib import Path
from typing import Any

import pytest
from compared import differences
from cut_off import SMALL, altered, cut, end
from every_datamodule import write_images
from in_process import run
from lightning import Trainer
from torchvision.transforms.v2 import RandomAffine

EACH_STEP = "callbacks.checkpoint.last_every_n_steps=1"
RESUME = "resume=anyway"
"""Unlike `true`, it lets the checkout change while the tests are running."""
AUGMENTED = ("datamodule=fashion_mnist_augmented", "datamodule.source=bundled")
QUICK = [
    (8, ("optimizer=sgd", "scheduler=one_cycle")),
    (9, (*AUGMENTED, EACH_STEP, "callbacks=[checkpoint,pictures,ema]")),
    (14, (EACH_STEP, "loop=mixup", "scheduler=plateau", "scheduler.patience=0", "trainer.val_check_interval=0.5")),
    (5, (EACH_STEP, "loop=cutmix", "trainer.accumulate_grad_batches=2", "trainer.gradient_clip_val=0.1")),
]
"""The optimizer steps after which a run is cut off, and what it is beside `SMALL`."""
STOPPED = ("callbacks.early_stopping.patience=1", "callbacks.early_stopping.monitor=val/loss", "mode=max")
LINES = [
    (),
    ("optimizer=sgd", "scheduler=one_cycle"),
    (*AUGMENTED,),
    (*AUGMENTED, "datamodule.num_workers=2"),
    ("loop=mixup",),
    ("loop=cutmix",),
    ("callbacks=[checkpoint,early_stopping,learning_rate,ema]", "callbacks.ema.decay=0.9"),
    ("scheduler=plateau", "scheduler.patience=0", "scheduler.monitor=train/loss", "scheduler.mode=max"),
    ("scheduler=step", "scheduler.factory.step_size=1"),
    (*STOPPED, "trainer.max_epochs=6"),
    ("trainer.accumulate_grad_batches=2", "trainer.max_epochs=5"),
    ("trainer.val_check_interval=0.5", "callbacks.checkpoint.save_top_k=3"),
    ("trainer.gradient_clip_val=0.1",),
    ("trainer.max_steps=15",),
    ("trainer.check_val_every_n_epoch=2", "trainer.max_epochs=4"),
    ("trainer.limit_val_batches=0", "monitor=train/loss", "mode=min"),
    ("metrics=[accuracy,auroc,calibration_error]", "stages=[fit,validate,test]"),
    ("callbacks=[checkpoint,pictures,summary]", "trainer.enable_model_summary=true"),
    ("datamodule=fake", "datamodule.size=600"),
    ("experiment=attributes",),
    ("experiment=footwear",),
    ("experiment=rotation",),
    ("experiment=autoencoder",),
    ("compile=reduce-overhead", "trainer.precision=bf16-mixed", "callbacks=[checkpoint,ema]"),
    ("experiment=autoencoder", "compile=true", "channels_last=true"),
]


def name(line: tuple[str, ...]) -> str:
    return " ".join(line) or "default"


def line_of(line: tuple[str, ...]) -> tuple[str, ...]:
    """`SMALL` without what the line says otherwise of the same options."""
    chosen = {item.partition("=")[0] for item in line}
    if "experiment" in chosen:
        chosen |= {"model", "model.hidden_dim", "model.dropout"}
    if "datamodule" in chosen:
        chosen.add("datamodule.source")
    return *(item for item in SMALL if item.partition("=")[0] not in chosen), *line


def same(directory: Path, steps: int, *line: str) -> list[str]:
    """In what a run differs that was cut off after so many steps."""
    whole, other = f"hydra.run.dir={directory / 'whole'}", f"hydra.run.dir={directory / 'cut'}"
    run(directory, *line, whole)
    cut(directory, steps, *line, other)
    run(directory, *line, other, RESUME)
    return differences(directory / "whole", directory / "cut")


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(("steps", "line"), QUICK)
def test_a_run_that_is_cut_off_ends_as_one_that_is_not(steps: int, line: tuple[str, ...], tmp_path: Path) -> None:
    assert same(tmp_path, steps, *line_of(line)) == []


@pytest.mark.long
@pytest.mark.parametrize("mid_epoch", [False, True], ids=["epochs", "steps"])
@pytest.mark.parametrize("line", LINES, ids=name)
def test_every_kind_of_run_is_gone_on_with_exactly(line: tuple[str, ...], mid_epoch: bool, tmp_path: Path) -> None:
    complete = line_of((*line, *([EACH_STEP] if mid_epoch else [])))
    whole = f"hydra.run.dir={tmp_path / 'whole'}"
    run(tmp_path, *complete, whole)
    for steps in (5, 8) if mid_epoch else (11,):
        other = f"hydra.run.dir={tmp_path / str(steps)}"
        cut(tmp_path, steps, *complete, other)
        run(tmp_path, *complete, other, RESUME)
        assert differences(tmp_path / "whole", tmp_path / str(steps)) == []


@pytest.mark.parametrize("hook", ["on_validation_end", "on_train_epoch_end", "on_test_batch_start"])
def test_it_does_not_matter_in_which_hook_a_run_is_cut_off(hook: str, tmp_path: Path) -> None:
    complete = line_of(STOPPED)
    whole, other = f"hydra.run.dir={tmp_path / 'whole'}", f"hydra.run.dir={tmp_path / 'cut'}"
    run(tmp_path, *complete, whole)
    cut(tmp_path, 12, *complete, other, hook=hook)
    run(tmp_path, *complete, other, RESUME)
    assert differences(tmp_path / "whole", tmp_path / "cut") == []


WITHIN = "trainer.val_check_interval=0.5"
ACCUMULATED = ("trainer.accumulate_grad_batches=2", "trainer.max_epochs=5")
ENDED = [
    ("on_train_batch_end", 8, (AUGMENTED[0],)),
    ("on_validation_batch_end", 7, ("scheduler=plateau", "scheduler.patience=0", WITHIN)),
    ("on_train_batch_end", 18, ("callbacks=[checkpoint,ema]",)),
    pytest.param("on_train_batch_end", 12, ("optimizer=sgd", "scheduler=one_cycle"), marks=pytest.mark.long),
    pytest.param("on_train_batch_end", 9, ACCUMULATED, marks=pytest.mark.long),
    pytest.param("on_validation_batch_end", 12, STOPPED, marks=pytest.mark.long),
    pytest.param("on_train_epoch_end", 12, ("loop=mixup",), marks=pytest.mark.long),
    pytest.param("on_train_batch_end", 15, ("trainer.max_steps=15",), marks=pytest.mark.long),
]
"""Hooks in which a signal comes, after how many steps, to what."""


@pytest.mark.parametrize(("hook", "steps", "line"), ENDED)
def test_a_run_that_is_ended_by_a_signal_is_gone_on_with_exactly(
    hook: str, steps: int, line: tuple[str, ...], tmp_path: Path
) -> None:
    complete = line_of(line)
    whole, other = f"hydra.run.dir={tmp_path / 'whole'}", f"hydra.run.dir={tmp_path / 'ended'}"
    run(tmp_path, *complete, whole)
    end(tmp_path, steps, *complete, other, hook=hook)
    run(tmp_path, *complete, other, RESUME)
    assert differences(tmp_path / "whole", tmp_path / "ended") == []


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.long)])
def test_images_from_files_with_a_transform_are_seen_again(workers: int, tmp_path: Path) -> None:
    for part in ("train", "test"):
        write_images(tmp_path / "images", part)
    data = (
        *("datamodule=image_folder", f"datamodule.data_dir={tmp_path}/images", "datamodule.num_classes=3"),
        *("datamodule.batch_size=6", "trainer.limit_train_batches=1.0", f"datamodule.num_workers={workers}"),
        "metrics=[accuracy]",
    )

    def turned(datamodule: Any, _: Trainer) -> None:
        datamodule.transform = RandomAffine(degrees=[-20.0, 20.0])

    with altered(turned):
        assert same(tmp_path, 8, *line_of((*data, EACH_STEP))) == []
