"""The learning rate in every logger."""

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import LearningRateMonitor


class LearningRate(LearningRateMonitor):
    """Lightning's LearningRateMonitor, which without a logger does nothing where Lightning's stops the run."""

    def on_train_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Find the schedulers, if there is somebody to tell."""
        if trainer.loggers:
            super().on_train_start(trainer, *args, **kwargs)

    def on_train_batch_start(self, trainer: Any, *args: Any, **kwargs: Any) -> None:
        """Log the rate of this step."""
        # Lightning asks in the same way, and for much else before.
        every, steps = trainer.log_every_n_steps, trainer.fit_loop.epoch_loop._batches_that_stepped
        due = every and ((steps + 1) % every == 0 or trainer.should_stop)
        if due and trainer.loggers:
            super().on_train_batch_start(trainer, *args, **kwargs)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the rate of this epoch."""
        if trainer.loggers:
            super().on_train_epoch_start(trainer, pl_module)
