"""Under a Trainer: which images a run sees, when it is resumed and on two processes."""

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from recorded_training import Batches, Recorded, crcs, train

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*callbacks used to create the checkpoint"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

STEPS = 6
"""A training epoch of 550 images in batches of 100."""


def recorded(num_workers: int = 0) -> Recorded:
    return Recorded(batch_size=100, val_size=5450, num_workers=num_workers)


def each_step(directory: Path) -> ModelCheckpoint:
    return ModelCheckpoint(
        directory, filename="{step}", auto_insert_metric_name=False, every_n_train_steps=1, save_top_k=-1
    )


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batches]:
    """A run of three epochs: its checkpoints after each step, and what it saw."""
    directory = tmp_path_factory.mktemp("unbroken")
    return directory, train(recorded(), each_step(directory))


def test_lightning_tells_the_sampler_each_epoch(unbroken: tuple[Path, Batches]) -> None:
    _, seen = unbroken
    epochs = [list(chain(*seen[start : start + STEPS])) for start in range(0, 3 * STEPS, STEPS)]
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert len({tuple(sorted(epoch)) for epoch in epochs}) == 1


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("step", [1, STEPS - 1, STEPS, STEPS + 1, 2 * STEPS, 2 * STEPS + 3])
def test_a_resumed_run_sees_what_it_would_have_seen(
    unbroken: tuple[Path, Batches], step: int, num_workers: int
) -> None:
    checkpoints, seen = unbroken
    assert train(recorded(num_workers), resume=checkpoints / f"{step}.ckpt") == seen[step:]


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("after_training", [True, False])
def test_so_does_one_saved_at_the_end_of_an_epoch(
    unbroken: tuple[Path, Batches], tmp_path: Path, num_workers: int, after_training: bool
) -> None:
    _, seen = unbroken
    save = ModelCheckpoint(tmp_path, filename="end", save_on_train_epoch_end=after_training)
    train(recorded(), save, max_epochs=2)
    assert train(recorded(num_workers), resume=tmp_path / "end.ckpt") == seen[2 * STEPS :]


class Failure(Callback):
    """Raises when a batch has been fetched and not yet trained on."""

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step == STEPS + 2:
            raise RuntimeError("no more")


@pytest.mark.parametrize("num_workers", [0, 2])
def test_so_does_one_saved_when_it_failed(unbroken: tuple[Path, Batches], tmp_path: Path, num_workers: int) -> None:
    _, seen = unbroken
    save = ModelCheckpoint(tmp_path, save_last=True, save_on_exception=True)
    with pytest.raises(RuntimeError, match="no more"):
        train(recorded(), save, Failure())
    (saved,) = tmp_path.glob("*step=8.ckpt")
    assert train(recorded(num_workers), resume=saved) == seen[STEPS + 2 :]


def test_a_run_that_is_started_anew_begins_at_its_first_batch(unbroken: tuple[Path, Batches]) -> None:
    _, seen = unbroken
    data = recorded()
    train(data, max_steps=STEPS + 2)
    data.seen.clear()
    assert train(data) == seen


def test_limited_and_overfitted_batches_are_whole() -> None:
    limited, overfitted = recorded(), recorded()
    assert [len(batch) for batch in train(limited, limit_train_batches=2, max_epochs=1)] == [100, 100]
    with pytest.warns(UserWarning, match="turning off the train dataloader shuffling"):
        assert [len(batch) for batch in train(overfitted, overfit_batches=2, max_epochs=1)] == [100, 100]


@pytest.fixture(scope="module")
def on_two_processes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Batches]]:
    """What each of two processes saw in two epochs of fit, in test and in predict."""
    directory = tmp_path_factory.mktemp("ranks")
    script = Path(__file__).with_name("recorded_training.py")
    command = [sys.executable, "-W", "ignore", str(script), str(directory)]
    subprocess.run(command, check=True, timeout=120)
    return [json.loads((directory / f"rank{rank}.json").read_text(encoding="utf-8")) for rank in range(2)]


@pytest.mark.xdist_group("two processes")
def test_two_processes_see_each_training_image_once_an_epoch_in_as_many_steps(
    on_two_processes: list[dict[str, Batches]],
) -> None:
    one = Recorded(batch_size=1000)
    together = train(one, max_epochs=2)
    first, second = (seen["train"] for seen in on_two_processes)
    assert len(first) == len(second) == len(together) == 2 * STEPS
    for ours, theirs, whole in zip(first, second, together, strict=True):
        assert sorted(ours + theirs) == sorted(whole)


@pytest.mark.xdist_group("two processes")
@pytest.mark.parametrize(("stage", "size"), [("validate", 500), ("test", 1000), ("predict", 1000)])
def test_two_processes_see_each_other_image_once(
    on_two_processes: list[dict[str, Batches]], stage: str, size: int
) -> None:
    epochs = 2 if stage == "validate" else 1
    first, second = (list(chain(*seen[stage])) for seen in on_two_processes)
    assert len(first) == len(second) == epochs * size // 2
    data = Recorded()
    data.setup(stage)
    loader = data.val_dataloader() if stage == "validate" else data.test_dataloader()
    assert sorted(first + second) == sorted(epochs * [identity for images, _ in loader for identity in crcs(images)])
