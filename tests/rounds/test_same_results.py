"""A run in rounds ends as one whose every step is left to Lightning, to the bit."""

from pathlib import Path

import pytest
from compared import differences
from in_process import run

SMALL = (
    *("trainer.accelerator=cpu", "trainer.max_epochs=3", "trainer.limit_train_batches=6"),
    *("trainer.log_every_n_steps=2", "trainer.limit_val_batches=2", "trainer.limit_test_batches=2"),
    *("model=mlp", "model.hidden_dim=16", "model.dropout=0.3", "preflight=false"),
    *("callbacks=[checkpoint,early_stopping,learning_rate]", "trainer.enable_model_summary=false"),
)
ALL = "callbacks=[checkpoint,early_stopping,learning_rate,non_finite,pictures,predictions,progress]"
BUNDLED = "datamodule.source=bundled"
Lines = list[tuple[str, ...]]
QUICK: Lines = [
    (ALL, BUNDLED, "datamodule=fashion_mnist_augmented", "trainer.limit_train_batches=20"),
    (BUNDLED, "trainer.accumulate_grad_batches=4", "scheduler=step", "trainer.gradient_clip_val=0.1"),
    (BUNDLED, "datamodule.batch_size=1000", "trainer.limit_train_batches=1.0", "trainer.val_check_interval=2"),
    (BUNDLED, "trainer.max_steps=8", "scheduler=plateau", "scheduler.patience=0"),
]
LONG: Lines = [
    (BUNDLED, "trainer.val_check_interval=4", "trainer.check_val_every_n_epoch=null", "trainer.max_epochs=2"),
    (BUNDLED, "trainer.precision=bf16-mixed", "callbacks=[checkpoint,ema]"),
    (BUNDLED, "trainer.precision=bf16-true", "loop=mixup", "scheduler=one_cycle"),
    (
        BUNDLED,
        "callbacks=[checkpoint,non_finite]",
        "callbacks.non_finite.policy=skip",
        "trainer.gradient_clip_val=0.01",
    ),
    (BUNDLED, "trainer.overfit_batches=3", "trainer.log_every_n_steps=1"),
    (
        BUNDLED,
        "datamodule.num_workers=1",
    ),
    ("datamodule=datasets", "datamodule.num_workers=0", "model.dropout=0.1"),
    (BUNDLED, "callbacks=[checkpoint,early_stopping]", "callbacks.early_stopping.patience=1", "optimizer.lr=0.9"),
    (
        BUNDLED,
        "callbacks=[checkpoint]",
        "callbacks.checkpoint.last_every_n_steps=4",
        "metrics=[accuracy,auroc,calibration_error]",
    ),
    (BUNDLED, "callbacks=[checkpoint]", "optimizer=muon", "scheduler=warmup_cosine"),
    (
        BUNDLED,
        "trainer.min_epochs=2",
        "trainer.min_steps=9",
        "trainer.max_epochs=2",
        "trainer.check_val_every_n_epoch=2",
    ),
]


pytestmark = pytest.mark.filterwarnings("ignore:You requested to overfit")


def both(directory: Path, line: tuple[str, ...]) -> list[str]:
    """How the runs of a command line differ that go in rounds and a step at a time."""
    runs = list[Path]()
    for name, steps in (("rounds", "steps_per_round=3"), ("plain", "steps_per_round=1")):
        (directory / name).mkdir()
        runs.append(run(directory / name, *SMALL, *line, steps))
    return differences(*runs)


@pytest.mark.parametrize("line", QUICK, ids=" ".join)
def test_a_run_in_rounds_ends_as_one_of_single_steps(line: tuple[str, ...], tmp_path: Path) -> None:
    assert both(tmp_path, line) == []


@pytest.mark.long
@pytest.mark.parametrize("line", LONG, ids=" ".join)
def test_rarer_runs_in_rounds_end_so_too(line: tuple[str, ...], tmp_path: Path) -> None:
    assert both(tmp_path, line) == []
