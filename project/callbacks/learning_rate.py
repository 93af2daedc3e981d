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

    def on_train_batch_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Log the rate of this step."""
        if trainer.loggers:
            super().on_train_batch_start(trainer, *args, **kwargs)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the rate of this epoch."""
        if trainer.loggers:
            super().on_train_epoch_start(trainer, pl_module)
