"""Checkpoints that are written between two batches, and what Lightning leaves out of them."""

from collections.abc import Mapping
from typing import Any, Protocol, cast, final, runtime_checkable

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason


@runtime_checkable
class SavesLast(Protocol):
    """A callback that keeps the checkpoint from which a run goes on."""

    def due(self, trainer: Trainer) -> bool:
        """Whether to save in the middle of the epoch, now that a step has been taken."""
        ...

    def keep_last(self, trainer: Trainer) -> None:
        """Save."""
        ...


@runtime_checkable
class Rewinding(Protocol):
    """A logger that can take back what it has written."""

    def mark(self) -> dict[str, Any]:
        """How far it has written by now: plain values, for a checkpoint."""
        ...

    def rewind(self, mark: Mapping[str, Any] | None) -> None:
        """Go on from there in a new process, without what came later; None for the beginning."""
        ...


@final
class Between(Callback):
    """Has the last checkpoint saved between two batches, when all that belongs to the one before is done.

    Lightning saves in the middle of things: before the scheduler that waits for a metric has stepped, before the
    epoch's metrics are logged, before a validation that is due. What a run then does twice or not at all depends on
    where it was cut off. Here it is saved where an epoch, or a batch in its middle, begins: as the first of all
    callbacks, so that each of the others finds in a resumed run what it had found there.

    Checkpoints hold beside it the latest value of every metric, and how far the loggers had written.
    """

    def __init__(self) -> None:
        self._savers: list[SavesLast] = []
        self._saving: str | None = None
        self._restored: dict[str, Any] | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Find those who save."""
        self._savers = [callback for callback in _callbacks(trainer) if isinstance(callback, SavesLast)]

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Take what was saved beside Lightning's own; a resumed run needs no sanity check."""
        if trainer.state.fn == "fit":
            loops: Any = trainer.fit_loop
            self._restored = checkpoint.get("resume", {"metrics": {}})
            # Lightning loads it later, when a scheduler may have had the loader made that asks where it goes on.
            loops.load_state_dict(checkpoint["loops"]["fit_loop"])
            trainer.num_sanity_val_steps = 0

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the metrics that callbacks and schedulers wait for, and that early stopping has stopped the run."""
        if self._restored is None:
            return
        trainer.callback_metrics.update(self._restored["metrics"])
        stopping = [callback for callback in _callbacks(trainer) if isinstance(callback, EarlyStopping)]
        if any(callback.stopping_reason != EarlyStoppingReason.NOT_STOPPED for callback in stopping):
            trainer.should_stop = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell Lightning where it goes on."""
        fit: Any = trainer.fit_loop
        if self._restored is None:
            return
        epochs = fit.epoch_progress.current
        if epochs.started == epochs.processed:
            # With `max_steps` Lightning would go on with the epoch that is over.
            fit._restarting = fit.epoch_loop.restarting = False
            # It would keep the iterator that it made before the epoch was seeded.
            fit._resuming_from_checkpoint = False
        else:
            # Asked for the batch before, whose validation is done.
            fit.epoch_loop._should_check_val_fx = _never

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save what has come to the end of an epoch, unless it was there already."""
        if trainer.global_step and self._restored is None:
            self._save(trainer, "epochs")

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Save in the middle of an epoch, if somebody wants to and no gradient is being accumulated."""
        if self._restored is not None:
            fit: Any = trainer.fit_loop
            # Else the scheduler that waits for a metric would not step at the end of this epoch.
            fit._restarting = False
            fit.epoch_loop.__dict__.pop("_should_check_val_fx", None)
            self._restored = None
            return
        settled = batch_idx and batch_idx % trainer.accumulate_grad_batches == 0
        if settled and any(saver.due(trainer) for saver in self._savers):
            self._save(trainer, "batches")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save what the training has come to."""
        self._save(trainer, "epochs")

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Add what Lightning leaves out."""
        metrics = {name: value.detach().clone() for name, value in trainer.callback_metrics.items()}
        kept: dict[str, Any] = {"metrics": metrics}
        checkpoint["resume"] = kept
        fit = checkpoint["loops"]["fit_loop"]
        # Of a validation that is over; a resumed epoch would count it otherwise.
        _cleared(fit["epoch_loop.val_loop.batch_progress"], "total", "current")
        if self._saving is None:
            return
        kept["loggers"] = {
            type(logger).__name__: logger.mark() for logger in trainer.loggers if isinstance(logger, Rewinding)
        }
        if self._saving == "batches":
            _all_completed(fit["epoch_loop.batch_progress"])
            return
        _all_completed(fit["epoch_progress"])
        for name in ("batch_progress", "scheduler_progress", "automatic_optimization.optim_progress"):
            _cleared(fit[f"epoch_loop.{name}"], "current")
        # As when Lightning saves at an epoch's end: the epoch that was worked on.
        checkpoint["epoch"] = max(0, checkpoint["epoch"] - 1)

    def _save(self, trainer: Trainer, between: str) -> None:
        self._saving = between
        try:
            for saver in self._savers:
                saver.keep_last(trainer)
        finally:
            self._saving = None


def _all_completed(progress: dict[str, Any]) -> None:
    """What was begun and not done is begun anew."""
    for count in (progress["total"], progress["current"]):
        count.update(dict.fromkeys(count, count["completed"]))
    if "is_last_batch" in progress:
        progress["is_last_batch"] = False


def _cleared(progress: dict[str, Any], *counts: str) -> None:
    """Set those counts to 0, also of the progress inside."""
    for key, value in progress.items():
        if key == "is_last_batch":
            progress[key] = False
        elif key in counts:
            value.update(dict.fromkeys(value, 0))
        elif isinstance(value, dict) and key not in ("total", "current"):
            _cleared(cast("dict[str, Any]", value), *counts)


def _callbacks(trainer: Trainer) -> list[Callback]:
    untyped: Any = trainer
    found: list[Callback] = untyped.callbacks
    return found


def _never(_: object) -> bool:
    return False
