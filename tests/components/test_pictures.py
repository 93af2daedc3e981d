"""Which pictures are drawn of which predictions, what they hold, and what becomes of a failure."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset

from project.callbacks import Pictures
from project.callbacks.pictures import callback
from project.callbacks.pictures.canvas import Facts, pixels, style, visible
from project.callbacks.pictures.classes import Classes
from project.callbacks.pictures.curves import MOST_POINTS, Line
from project.callbacks.pictures.labels import Labels
from project.callbacks.pictures.reconstructions import Reconstructions
from project.callbacks.pictures.study import Binary, Study, study
from project.callbacks.pictures.top import Top
from project.callbacks.pictures.values import Values

# N = 40 images of 1 x 6 x 6, in batches of 16, of K = 3 classes

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),  # Lightning 2.6 on torch 2.14
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
]


class Blobs(LightningDataModule):
    """Random images of three classes."""

    classes = ("red", "green", "blue")
    mean, std = (0.5,), (0.25,)

    def _loader(self) -> DataLoader[tuple[Tensor, ...]]:
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(40, 1, 6, 6, generator=generator)
        return DataLoader(TensorDataset(images, torch.arange(40) % 3), batch_size=16)

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        return self._loader()

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        return self._loader()

    def test_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        return self._loader()


class Loop(LightningModule):
    """Training of a linear classifier, or of what `head` makes of its input."""

    def __init__(self, head: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
        self.head = head or self.model

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        loss = nn.functional.cross_entropy(self.model(batch[0]), batch[1])
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        self.log("val/loss", nn.functional.cross_entropy(self.model(batch[0]), batch[1]))
        return self.head(batch[0])

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self.head(batch[0])

    def configure_optimizers(self) -> SGD:
        return SGD(self.parameters(), 0.1)


def trainer(directory: Path, **settings: Any) -> Trainer:
    defaults: dict[str, Any] = {
        "accelerator": "cpu",
        "callbacks": [Pictures(str(directory / "pictures"), mistakes=4)],
        "default_root_dir": directory,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "logger": False,
        "max_epochs": 2,
    }
    return Trainer(**defaults | settings)


def names(directory: Path) -> set[str]:
    return {path.name for path in (directory / "pictures").glob("*")}


def test_training_leaves_its_curves_and_a_test_its_mistakes(tmp_path: Path) -> None:
    run, loop, data = trainer(tmp_path), Loop(), Blobs()
    run.fit(loop, data)
    assert names(tmp_path) == {"train_curves.png"}
    run.test(loop, data, verbose=False)
    drawn = {"test_confusion_matrix.png", "test_classes.png", "test_mistakes.png"}
    assert names(tmp_path) == drawn | {"train_curves.png"}
    with Image.open(tmp_path / "pictures" / "test_confusion_matrix.png") as picture:
        assert min(picture.size) > 300


def test_validation_alone_is_drawn_and_validation_while_training_is_not(tmp_path: Path) -> None:
    run, loop, data = trainer(tmp_path), Loop(), Blobs()
    run.fit(loop, data)
    assert not [name for name in names(tmp_path) if name.startswith("val")]
    run.validate(loop, data, verbose=False)
    assert {"val_confusion_matrix.png", "val_classes.png", "val_mistakes.png"} <= names(tmp_path)


def test_pictures_are_in_tensorboard_at_the_step_that_the_run_has_reached(tmp_path: Path) -> None:
    logger = TensorBoardLogger(tmp_path, name="", version="")
    run, loop, data = trainer(tmp_path, logger=logger), Loop(), Blobs()
    run.fit(loop, data)
    run.test(loop, data, verbose=False)
    events: Any = EventAccumulator(str(tmp_path))
    events.Reload()
    tags = events.Tags()["images"]
    assert set(tags) == {"train/curves", "test/confusion_matrix", "test/classes", "test/mistakes"}
    assert [image.step for image in events.Images("test/mistakes")] == [6]


def test_a_picture_that_cannot_be_drawn_is_reported_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(callback, "publish", broken)
    with caplog.at_level(logging.WARNING):
        trainer(tmp_path).test(Loop(), Blobs(), verbose=False)
    assert "pictures: mistakes could not be drawn" in caplog.text
    assert "the disk is full" in caplog.text


def test_predictions_that_no_picture_suits_are_left_alone_and_said_to_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        trainer(tmp_path).test(Loop(lambda inputs: inputs.new_zeros(3, 7, 5)), Blobs(), verbose=False)
    assert names(tmp_path) == set()
    assert "there are none for what the loop returns" in caplog.text


def test_a_run_of_a_single_batch_draws_nothing(tmp_path: Path) -> None:
    trainer(tmp_path, fast_dev_run=True).fit(Loop(), Blobs())
    assert names(tmp_path) == set()


IMAGES = torch.rand(10, 3, 4, 4)
CASES: list[tuple[Tensor, Tensor, type | None]] = [
    (torch.randn(10, 5), torch.randint(5, (10,)), Classes),
    (torch.randn(10), torch.arange(10) % 2, Binary),
    (torch.randn(10, 1), (torch.arange(10) % 2).float()[:, None], Binary),
    (torch.randn(10, 4), torch.randint(2, (10, 4)), Labels),
    (torch.randn(10, 4), torch.randint(2, (10, 4)).float(), Labels),
    (torch.randn(10, 1), torch.randn(10), Values),
    (torch.randn(10, 4), torch.randn(10, 4), Values),
    (torch.rand(10, 3, 4, 4), torch.randint(5, (10,)), Reconstructions),
    (torch.randn(10, 5, 4, 4), torch.randint(5, (10, 4, 4)), None),
    (torch.randint(5, (10,)), torch.randint(5, (10,)), None),
]


@pytest.mark.parametrize(("prediction", "target", "kind"), CASES)
def test_the_shapes_say_which_pictures_there_are_and_they_can_be_drawn(
    prediction: Tensor, target: Tensor, kind: type | None
) -> None:
    found = study(IMAGES, prediction, target, 4)
    assert (type(found) if found else None) is kind
    for _, picture in drawn(found, prediction, target):
        assert pixels(picture()).std() > 5


def drawn(found: Study | None, prediction: Tensor, target: Tensor) -> Iterator[tuple[str, Callable[[], Any]]]:
    if found is not None:
        found.update(IMAGES, prediction, target)
        with style():
            yield from found.draw(Facts("data")).items()


def numbers(values: Tensor) -> list[float]:
    return [float(value) for value in values]


def test_the_worst_mistakes_are_those_with_the_least_chance_for_the_truth() -> None:
    found = Classes(3, 2)
    logits = torch.tensor([[9.0, 0, 0], [5.0, 0, 0], [0, 7.0, 0], [1.0, 0, 0]])
    found.update(torch.rand(4, 1, 2, 2), logits, torch.tensor([0, 1, 2, 2]))
    worst = found.worst.compute()
    assert numbers(worst["target"]) == [2, 1]
    assert numbers(worst["guess"]) == [1, 0]
    assert worst["confidence"][0] == pytest.approx(torch.softmax(logits[2], 0).max().item())


def test_a_classifier_that_is_always_right_has_no_mistakes_to_show() -> None:
    found = Classes(3, 2)
    found.update(torch.rand(3, 1, 2, 2), torch.eye(3) * 5, torch.arange(3))
    assert set(found.draw(Facts("data"))) == {"confusion_matrix", "classes"}


@pytest.mark.parametrize("num_classes", [2, 13, 41, 300])
def test_any_number_of_classes_fits_on_a_page(num_classes: int) -> None:
    found = Classes(num_classes, 4)
    target = torch.arange(500) % num_classes
    found.update(torch.rand(500, 8), torch.randn(500, num_classes), target)
    with style():
        for picture in found.draw(Facts("data", tuple("x" * 30 for _ in range(num_classes)))).values():
            height, width, _ = pixels(picture()).shape
            assert max(height, width) <= 1300


def test_the_top_is_that_of_all_batches_and_holds_no_more() -> None:
    top, values = Top(5, "value"), torch.randperm(100).float()
    for start in range(0, 100, 7):
        batch = values[start : start + 7]
        top.update(batch, value=-batch)
    kept: list[Tensor] = top.score  # type: ignore[assignment]
    assert sum(map(len, kept)) == 5
    assert numbers(top.compute()["value"]) == [-99, -98, -97, -96, -95]


def test_a_line_of_many_points_keeps_the_mean_of_neighbours() -> None:
    line = Line()
    for step in range(4 * MOST_POINTS):
        line.add(step, torch.tensor(float(step)))
    steps, values = line.xy()
    assert len(steps) <= MOST_POINTS
    assert values[0] == sum(range(steps[0] + 1)) / (steps[0] + 1)
    assert steps[-1] == 4 * MOST_POINTS - 1


def test_images_are_shown_as_they_were_before_they_were_normalised() -> None:
    images = torch.rand(2, 3, 4, 4)
    facts = Facts("data", mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    seen = (images - torch.tensor(facts.mean).view(-1, 1, 1)) / torch.tensor(facts.std).view(-1, 1, 1)
    torch.testing.assert_close(torch.tensor(visible(seen, facts)).permute(0, 3, 1, 2), images)


def test_no_figure_is_left_in_pyplots_hands(tmp_path: Path) -> None:
    from matplotlib import pyplot

    trainer(tmp_path).test(Loop(), Blobs(), verbose=False)
    open_figures: list[int] = pyplot.get_fignums()
    assert open_figures == []


@pytest.mark.long
def test_two_processes_draw_what_both_have_seen() -> None:
    script = Path(__file__).with_name("pictures_of_two_ranks.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    report = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert report == {"seen": 20, "worst": [19.0, 18.0, 17.0]}
