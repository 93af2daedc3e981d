"""How far a run is: a bar on a terminal, lines in a file."""

import logging
import sys
from collections.abc import Mapping
from time import monotonic
from typing import Annotated, Any, cast

from annotated_types import Gt
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console

from .bar import Bar
from .phase import Phase

log = logging.getLogger(__name__)

Metrics = Mapping[str, object]


class Progress(ProgressBar):
    """A bar on a terminal and in a notebook, and a log line an epoch everywhere.

    A step costs a look at the clock: values are copied off the device when the bar is drawn, and not before. Where
    there is no terminal, an epoch that takes long says now and then how far it is. Only rank 0 speaks.

    Args:
        refresh_s: seconds between two drawings of the bar.
        line_s: seconds between two lines within an epoch, where there is no terminal.

    Raises:
        ValueError: if one of them is not positive.
    """

    def __init__(self, refresh_s: Annotated[float, Gt(0)] = 0.25, line_s: Annotated[float, Gt(0)] = 60.0) -> None:
        super().__init__()
        if refresh_s <= 0 or line_s <= 0:
            raise ValueError(f"Progress: {refresh_s=} and {line_s=} must be more than 0 seconds.")
        self.refresh_s = refresh_s
        self.line_s = line_s
        self._enabled = True
        self._bar: Bar | None = None
        self._next_look = 0.0
        self._epoch: Phase | None = None
        self._evaluation: Phase | None = None

    def enable(self) -> None:
        """Speak again."""
        self._enabled = True

    def disable(self) -> None:
        """Be silent, as on all ranks but the first."""
        self._enabled = False
        self._stop()

    def get_metrics(
        self, trainer: Trainer, pl_module: LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """What was logged with `prog_bar=True`; Lightning would add a version number."""
        return {**trainer.progress_bar_metrics}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Find out where the output goes."""
        super().setup(trainer, pl_module, stage)
        console = Console()
        shown = console.is_jupyter or (console.is_terminal and not console.is_dumb_terminal)
        self._bar = Bar(console) if self._enabled and shown else None

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Leave the terminal as it was."""
        self._stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Leave the terminal as it was, before the traceback."""
        self._stop()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what came of the epoch before, which has all its values only now, and begin the next."""
        self._say_epoch()
        limit = f"/{trainer.max_epochs}" if (trainer.max_epochs or 0) > 0 else ""
        self._epoch = self._begin(f"epoch {trainer.current_epoch + 1}{limit}", self.total_train_batches)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count a batch."""
        if self._epoch is not None:
            self._epoch.batches = batch_idx  # an epoch may have begun in an earlier run
            self._count(self._epoch, batch)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop its clock."""
        if self._epoch is not None:
            self._epoch.stop()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what came of the last epoch."""
        self._say_epoch()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin a validation, a test or a prediction."""
        self._evaluation = self._begin(self._evaluated(), self._batches())

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Count a batch."""
        if self._evaluation is not None:
            self._count(self._evaluation, batch)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what came of it, unless it belongs to an epoch, which will."""
        over, self._evaluation = self._evaluation, None
        if over is None:
            return
        over.stop()
        if self._bar is not None:
            self._bar.remove(over.name)
        if trainer.state.fn != "fit":
            self._say(over, trainer.callback_metrics)
        elif self._epoch is not None:
            self._epoch.elsewhere += over.seconds
            self._epoch.validated = True

    on_test_start = on_predict_start = on_validation_start
    on_test_batch_end = on_predict_batch_end = on_validation_batch_end
    on_test_end = on_predict_end = on_validation_end

    def _evaluated(self) -> str:
        if self.trainer.sanity_checking:
            return "sanity check"
        if self.trainer.testing:
            return "test"
        return "predict" if self.trainer.predicting else "validation"

    def _batches(self) -> float:
        """The batches of an evaluation, over all of its dataloaders."""
        trainer = self.trainer
        if trainer.sanity_checking:
            return sum(trainer.num_sanity_val_batches)
        if trainer.testing:
            return sum(trainer.num_test_batches)
        return sum(trainer.num_predict_batches if trainer.predicting else trainer.num_val_batches)

    def _begin(self, name: str, total: float) -> Phase:
        if self._bar is not None and self._enabled:
            self._bar.start(name, total)
        self._next_look = monotonic() + self._every
        return Phase(name, total)

    @property
    def _every(self) -> float:
        return self.line_s if self._bar is None else self.refresh_s

    def _count(self, phase: Phase, batch: object) -> None:
        """Count a batch, and show it when it is time."""
        phase.count(batch)
        if monotonic() < self._next_look or not self._enabled:
            return
        values = _written(self.trainer.progress_bar_metrics if phase is self._epoch else {}, steps=True)
        note = "  ".join(filter(None, (values, phase.speed(self.trainer.world_size))))
        if self._bar is None:
            _log(f"{phase.name}  batch {phase.batches}/{phase.total:.0f}  {note}".rstrip())
        else:
            self._bar.update(phase.name, phase.batches, note)
        self._next_look = monotonic() + self._every

    def _say_epoch(self) -> None:
        """Say what came of an epoch that is over; one that broke off says nothing."""
        over, self._epoch = self._epoch, None
        if over is None:
            return
        if self._bar is not None:
            self._bar.remove(over.name)
        if over.seconds:
            values = self.trainer.callback_metrics
            stale = () if over.validated else tuple(name for name in values if name.startswith("val"))
            self._say(over, {name: value for name, value in values.items() if name not in stale})

    def _say(self, over: Phase, values: Metrics) -> None:
        if self._enabled:
            parts = over.name, _written(values), f"{over.seconds:.1f} s", over.speed(self.trainer.world_size)
            _log("  ".join(filter(None, parts)))

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _written(metrics: Metrics, *, steps: bool = False) -> str:
    """The values on one line, training first; those of single steps, classes and parameter groups are for loggers."""
    shown = [
        name
        for name in sorted(metrics, key=lambda name: not name.startswith("train"))
        if name.count("/") < 2 and not name.startswith("lr-") and (steps or not name.endswith("_step"))
    ]
    return "  ".join(f"{name} {float(cast('float', metrics[name])):.4g}" for name in shown)


def _log(line: str) -> None:
    if log.hasHandlers() and log.isEnabledFor(logging.INFO):
        log.info(line)
    else:
        sys.stdout.write(f"{line}\n")
