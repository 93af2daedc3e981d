"""What every loop is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

from lightning import LightningModule
from lightning.pytorch.utilities.types import LRSchedulerConfigType, OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import Metric

from project.metrics import Metrics, Phase

from .optimizers import hurry
from .ranks import of_every_rank, of_this_rank

# B = batch

Batch = Tensor | Sequence[Tensor]
"""Inputs alone, or inputs and what belongs to them."""

BatchT = TypeVar("BatchT", bound=Batch)


class Step(NamedTuple):
    """What came of one batch: `prediction` and `target` as the metrics compare them, and the mean `loss`."""

    prediction: Tensor
    target: Tensor
    loss: Tensor


class Schedule(Protocol):
    """What the loop needs of a learning-rate schedule."""

    interval: ClassVar[Literal["step", "epoch"]]

    @property
    def monitored(self) -> str | None:
        """The logged value that the scheduler waits for, if any."""
        ...

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LRScheduler:
        """Build the scheduler, for a run of so many optimizer steps or for one without a known end."""
        ...


class Loop(LightningModule, ABC, Generic[BatchT]):
    """Training, validation, test and prediction around one `step`, which is all that a loop must say.

    Logged at the end of an epoch: `loss` and every metric, under `train/`, `val/` and `test/`. Logged every
    `trainer.log_every_n_steps`: `train/loss_step`. No hyperparameters are saved: checkpoints hold tensors and
    primitives only, and load under `weights_only`.

    Args:
        model: from inputs to predictions.
        loss: mean loss over a batch, from predictions and targets. If it is a module with parameters, they are trained.
        optimizer: builds the optimizer from the parameters that require a gradient.
        scheduler: builds the learning-rate scheduler from the optimizer and the number of steps.
        metrics: a metric for each name; see `Metrics`.

    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: Callable[[Iterable[Parameter]], Optimizer],
        scheduler: Schedule,
        metrics: Mapping[str, Metric],
    ) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.metrics = Metrics(metrics)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the model's raw output, such as logits."""
        prediction: Tensor = self.model(inputs)
        return prediction

    @abstractmethod
    def step(self, batch: BatchT) -> Step:
        """Predict for one batch of any phase and measure the loss. Needs no Trainer."""

    def training_step(self, batch: BatchT, batch_idx: int) -> Tensor:
        """Return the loss to minimize."""
        loss = self._measured("train", batch).loss
        every: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # set by one of its connectors
        # `self.log` costs as much as the step of a small model, and all but every n-th call would be thrown away.
        if every and (self.trainer.global_step + 1) % every == 0:
            self.log("train/loss_step", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: BatchT, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Measure one batch of one validation dataloader, and return its predictions to whoever looks on."""
        return self._measured("val", batch, dataloader_idx).prediction

    def test_step(self, batch: BatchT, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Measure one batch of one test dataloader, and return its predictions to whoever looks on."""
        return self._measured("test", batch, dataloader_idx).prediction

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Return what `forward` makes of the inputs; targets, if there are any, are left aside."""
        prediction: Tensor = self(inputs_of(batch))
        return prediction

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the metrics of each process have seen of the epoch."""
        checkpoint["metrics"] = of_every_rank(self.metrics.state())

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Give it back to them; where an epoch begins, they forget it."""
        self.metrics.restore(of_this_rank(checkpoint.get("metrics", {}), {}))

    def on_train_epoch_start(self) -> None:
        """Forget the last epoch; at its start, since an interrupted epoch has no end.

        An epoch that is gone on with does not start.
        """
        self.metrics.reset("train")

    def on_validation_epoch_start(self) -> None:
        """Forget the last validation, or the sanity check."""
        self.metrics.reset("val")

    def on_test_epoch_start(self) -> None:
        """Forget the last test."""
        self.metrics.reset("test")

    def on_train_epoch_end(self) -> None:
        """Log `train/*`, before Lightning saves checkpoints that monitor it."""
        self._log_epoch("train")

    def on_validation_epoch_end(self) -> None:
        """Log `val/*`, in the sanity check too: a metric that cannot be logged then fails before the first epoch."""
        self._log_epoch("val")

    def on_test_epoch_end(self) -> None:
        """Log `test/*`."""
        self._log_epoch("test")

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Build optimizer and scheduler for the run that the Trainer is about to start."""
        optimizer = self.optimizer(parameter for parameter in self.parameters() if parameter.requires_grad)
        hurry(optimizer, sparse=any(getattr(module, "sparse", False) for module in self.modules()))
        steps = self.trainer.estimated_stepping_batches
        # Lightning says inf for an endless run, and -1 for one over data without a length.
        scheduler = self.scheduler(optimizer, int(steps) if 0 <= steps < inf else None)
        config: LRSchedulerConfigType = {
            "scheduler": scheduler,
            "interval": self.scheduler.interval,
            "monitor": self.scheduler.monitored,
            # As LearningRateMonitor logs it, by itself `lr-Adam`, which compares to no other optimizer's.
            "name": "train/lr",
        }
        return {"optimizer": optimizer, "lr_scheduler": config}

    def _measured(self, phase: Phase, batch: BatchT, dataloader_idx: int = 0) -> Step:
        step = self.step(batch)
        self.metrics.update(phase, *step, dataloader_idx)
        return step

    def _log_epoch(self, phase: Phase) -> None:
        # Ranks agree already; `sync_dist` keeps Lightning from warning that they might not.
        self.log_dict(self.metrics.compute(phase), add_dataloader_idx=False, sync_dist=True)


def inputs_of(batch: Batch) -> Tensor:
    """Inputs of a batch, with or without what belongs to them."""
    return batch if isinstance(batch, Tensor) else batch[0]
