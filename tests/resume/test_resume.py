"""A run that is cut off and gone on with is, bit by bit, the run that was not."""

from pathlib import Path

import pytest
from cut_off import SMALL, cut, differences
from every_datamodule import write_images
from in_process import run

EACH_STEP = "callbacks.checkpoint.last_every_n_steps=1"
AUGMENTED = ("datamodule=fashion_mnist_augmented", "datamodule.source=bundled")
SHIFT = "{_target_: torchvision.transforms.v2.RandomAffine, degrees: 20}"
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
    ("trainer.accumulate_grad_batches=2",),
    ("trainer.val_check_interval=0.5", "callbacks.checkpoint.save_top_k=3"),
    ("trainer.gradient_clip_val=0.1",),
    ("trainer.max_steps=15",),
    ("trainer.check_val_every_n_epoch=2", "trainer.max_epochs=4"),
    ("trainer.limit_val_batches=0", "monitor=train/loss", "mode=min"),
    ("metrics=[accuracy,auroc,calibration_error]", "stages=[fit,validate,test]"),
    ("callbacks=[checkpoint,pictures,summary]", "trainer.enable_model_summary=true"),
    ("datamodule=fake", "datamodule.num_workers=2"),
    ("datamodule=footwear", "datamodule.source=bundled", "loss=bce", "metrics=[binary_accuracy]", "monitor=val/loss"),
    ("experiment=rotation", "datamodule.source=bundled", "model=small_cnn", "~model.hidden_dim"),
    ("experiment=autoencoder", "model=conv_autoencoder"),
]


def line_of(line: tuple[str, ...]) -> tuple[str, ...]:
    """`SMALL` without what the line says otherwise of the same options."""
    chosen = {item.partition("=")[0] for item in line}
    experiments = any(item.startswith("experiment=") for item in line)
    dropped = chosen | ({"model", "model.hidden_dim", "model.dropout"} if experiments else set())
    source = "datamodule" in chosen and "datamodule.source" not in chosen
    kept = [item for item in SMALL if item.partition("=")[0] not in dropped]
    return *(item for item in kept if not (source and item.startswith("datamodule.source"))), *line


def same(directory: Path, steps: int, *line: str) -> list[str]:
    """In what a run differs that was cut off after so many steps."""
    whole, other = f"hydra.run.dir={directory / 'whole'}", f"hydra.run.dir={directory / 'cut'}"
    run(directory, *line, whole)
    cut(directory, steps, *line, other)
    run(directory, *line, other, "resume=true")
    return differences(directory / "whole", directory / "cut")


@pytest.mark.parametrize(("steps", "line"), QUICK, ids=lambda value: " ".join(value) if value else "default")
def test_a_run_that_is_cut_off_ends_as_one_that_is_not(steps: int, line: tuple[str, ...], tmp_path: Path) -> None:
    assert same(tmp_path, steps, *line_of(line)) == []
