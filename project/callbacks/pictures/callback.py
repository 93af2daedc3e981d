"""When pictures are collected, drawn, saved and logged."""

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, cast, final

import torch
from annotated_types import Ge
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from .canvas import Facts, Page, pixels, style
from .curves import Curves
from .publish import publish
from .study import Study, study

log = logging.getLogger(__name__)

PHASES = {"test": "test set", "val": "validation set"}


@final
class Pictures(Callback):
    """Draws what a run came to: its curves after training, and its predictions after a test or a validation.

    What is drawn follows from the shapes of the predictions, which `test_step` and `validation_step` return, and of the
    targets: a confusion matrix, the scores of each class and the worst mistakes of a classifier; predicted over true
    values of a regression; inputs over outputs of an autoencoder. Each picture is saved as a PNG, and logged to every
    logger that takes images. A picture that cannot be drawn is reported in the log, and the run goes on.

    Args:
        directory: where the pictures are saved.
        mistakes: how many of a classifier's worst mistakes are shown; they are all that is kept of the inputs.

    Raises:
        ValueError: if `mistakes` is negative.

    """

    def __init__(self, directory: str, mistakes: Annotated[int, Ge(0)] = 16) -> None:
        if mistakes < 0:
            raise ValueError(f"{mistakes=}: must be 0 or more.")
        self.directory, self.mistakes = Path(directory), mistakes
        self._curves = Curves()
        self._studies: dict[int, Study | None] = {}
        self._sound = True

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Forget an earlier training."""
        if stage == "fit":
            self._curves = Curves()

    def state_dict(self) -> dict[str, Any]:
        """The curves so far."""
        return self._curves.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with them."""
        self._curves.load_state_dict(state_dict)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take down the loss and the learning rate."""
        loss: object = cast("dict[str, object]", outputs).get("loss") if isinstance(outputs, dict) else outputs
        groups = trainer.optimizers[0].param_groups if trainer.optimizers else ()
        rate = groups[0]["lr"] if groups else None
        self._curves.on_step(trainer.global_step, loss if isinstance(loss, Tensor) else None, rate)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take down what the last epoch logged, which its end is too early for: a loop's own hook comes later."""
        self._curves.on_epoch(trainer.global_step, trainer.callback_metrics, "train")

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take down what the last epoch logged, and draw the curves."""
        with reported("curves"):
            self._curves.on_epoch(trainer.global_step, trainer.callback_metrics, "train")
            self._draw(trainer, self._curves.draw(_title(trainer, "training")), "train")

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget earlier predictions."""
        self._studies, self._sound = {}, True

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Take down predictions."""
        self._collect(outputs, batch, dataloader_idx)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the predictions on test data."""
        self._draw_studies(trainer, "test")

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget earlier predictions."""
        self.on_test_start(trainer, pl_module)

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Take down predictions, unless training goes on afterwards."""
        if trainer.state.fn == "validate":
            self._collect(outputs, batch, dataloader_idx)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the predictions on validation data; while training, take down what was logged."""
        if trainer.state.fn == "validate":
            self._draw_studies(trainer, "val")
        elif not trainer.sanity_checking:
            self._curves.on_epoch(trainer.global_step, trainer.callback_metrics, "val")

    def _collect(self, prediction: Any, batch: Any, dataloader_idx: int) -> None:
        if not self._sound or not isinstance(prediction, Tensor):
            return
        self._sound = False
        with reported("predictions"), torch.no_grad():
            inputs, target = _pair(batch)
            if dataloader_idx not in self._studies:
                self._studies[dataloader_idx] = study(inputs, prediction, target, self.mistakes)
            if (found := self._studies[dataloader_idx]) is not None:
                found.update(inputs, prediction, target)
            self._sound = True

    def _draw_studies(self, trainer: Trainer, phase: str) -> None:
        if not any(self._studies.values()):
            log.info("pictures: there are none for what the loop returns")
        # All ranks or none: those that draw nothing still hand in what they saw.
        if not trainer.strategy.reduce_boolean_decision(self._sound and any(self._studies.values()), all=True):
            return
        for index, found in self._studies.items():
            suffix = f"_{index}" if index else ""
            if found is not None:
                with reported("predictions"):
                    drawn = found.draw(_facts(trainer, _title(trainer, PHASES[phase] + suffix.replace("_", " "))))
                    self._draw(trainer, {f"{name}{suffix}": figure for name, figure in drawn.items()}, phase)
        self._studies = {}

    def _draw(self, trainer: Trainer, drawn: Mapping[str, Callable[[], Page]], phase: str) -> None:
        if not trainer.is_global_zero or getattr(trainer, "fast_dev_run", False):
            return
        for name, figure in drawn.items():
            with reported(name), style():
                path = self.directory / f"{phase}_{name}.png"
                publish(pixels(figure()), path, f"{phase}/{name}", trainer)


@contextmanager
def reported(what: str) -> Generator[None]:
    """Report an error with its traceback and go on: no picture is worth a finished run."""
    try:
        yield
    except Exception:
        log.warning("pictures: %s could not be drawn", what, exc_info=True)


def _pair(batch: Any) -> tuple[Tensor, Tensor]:
    """Inputs and targets of a batch; without targets, the inputs are what is to come out."""
    match batch:
        case [Tensor() as inputs, Tensor() as target, *_]:
            return inputs, target
        case Tensor() | [Tensor(), *_]:
            inputs = batch if isinstance(batch, Tensor) else batch[0]
            return inputs, inputs
        case _:
            raise TypeError(f"a batch is a pair of tensors or one tensor, not a {type(batch).__name__}")


def _facts(trainer: Trainer, title: str) -> Facts:
    data: Any = _datamodule(trainer)
    return Facts(title, *(tuple(getattr(data, name, ())) for name in ("classes", "mean", "std")))


def _title(trainer: Trainer, what: str) -> str:
    data = _datamodule(trainer)
    return what if data is None else f"{type(data).__name__}, {what}"


def _datamodule(trainer: Trainer) -> object:
    return getattr(trainer, "datamodule", None)
