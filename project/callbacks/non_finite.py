"""Losses, gradients and weights that are no numbers any more."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from math import inf, isfinite
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

_NAMED = 5
"""How many parameters are named."""

log = logging.getLogger(__name__)


class NonFiniteError(FloatingPointError):
    """A loss, a gradient or a weight is infinite or no number."""


class NonFinite(Callback):
    """Watches for a loss, gradients and weights that are infinite or no numbers (NaN).

    `stop` fails the run before the step is taken, and never lets such weights into a checkpoint. `skip` looks at the
    gradients as well and leaves the step out, as a GradScaler does in half precision; the schedule goes on. `report`
    lets the run go on as it is. The last two count: `train/non_finite` is logged at the end of an epoch.

    On a CPU every loss is looked at when it is there. A device is asked once in `every_n_steps` and before a
    checkpoint, since each question waits for it; `skip` must ask at every step.

    Args:
        policy: what is done about it.
        every_n_steps: training steps between two questions to a device.
        patience: steps that `skip` leaves out in a row before it fails the run.

    Raises:
        ValueError: if a number is below 1.

    """

    def __init__(
        self,
        policy: Literal["stop", "skip", "report"] = "stop",
        every_n_steps: Annotated[int, Ge(1)] = 50,
        patience: Annotated[int, Ge(1)] = 10,
    ) -> None:
        if every_n_steps < 1 or patience < 1:
            raise ValueError(f"NonFinite: {every_n_steps=} and {patience=} must be 1 or more.")
        self.policy, self.every_n_steps, self.patience = policy, every_n_steps, patience
        self._losses = list[Tensor]()
        self._count = self._in_a_row = 0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count anew."""
        self._losses.clear()
        self._count = 0

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Look at a loss on the CPU; keep one on a device, for which nothing is computed."""
        if loss.device.type == "cpu" and isfinite(loss.item()):
            return
        self._losses.append(loss.detach())
        if loss.device.type == "cpu" or len(self._losses) >= self.every_n_steps:
            self._look(trainer, pl_module)

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Leave the step out, under `skip`: an optimizer passes by what has no gradient."""
        if self.policy != "skip":
            return
        gradients = {name: value.grad for name, value in pl_module.named_parameters() if value.grad is not None}
        if trainer.strategy.reduce_boolean_decision(_finite(gradients.values())):
            self._in_a_row = 0
            return
        self._count, self._in_a_row = self._count + 1, self._in_a_row + 1
        if self._in_a_row > self.patience:
            what = f"{self.patience} steps in a row were left out, and the next has no finite gradients either"
            raise NonFiniteError(_told(trainer, what, _bad(gradients)))
        for parameter in pl_module.parameters():
            parameter.grad = None

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log how often it has happened."""
        self._look(trainer, pl_module)
        if self.policy != "stop":
            pl_module.log("train/non_finite", float(self._count))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let no value that is no number choose the best checkpoint, nor end the training as if it was done."""
        if self.policy != "stop" or trainer.sanity_checking or trainer.state.fn != "fit":
            return
        self._look(trainer, pl_module)
        watching = [*trainer.early_stopping_callbacks, *trainer.checkpoint_callbacks]
        names = {each.monitor for each in watching if isinstance(each, EarlyStopping | ModelCheckpoint)}
        for name in sorted(name for name in names if name in trainer.callback_metrics):
            if not trainer.callback_metrics[name].isfinite().all():
                raise NonFiniteError(_told(trainer, f"{name}, which is monitored, is {trainer.callback_metrics[name]}"))

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Let no such weights be saved."""
        if self.policy == "report":
            return
        held: dict[str, Tensor] = checkpoint["state_dict"]
        weights = {name: held[name] for name, _ in pl_module.named_parameters() if name in held}
        if not _finite(weights.values()):
            raise NonFiniteError(_told(trainer, "the weights are not finite, and are not saved", _bad(weights)))

    def _look(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the losses since the last time."""
        losses, self._losses = self._losses, []
        values = [float(value) for value in torch.stack(losses).cpu()] if losses else []
        found = [number for number, value in enumerate(values) if not isfinite(value)]
        if not found or self.policy == "skip":
            return
        loss, ago = values[found[0]], len(values) - 1 - found[0]
        if self.policy == "stop":
            cause, bad = _cause(pl_module, ago)
            raise NonFiniteError(_told(trainer, f"the loss is {loss}, {cause}", bad, ago))
        if not self._count:
            log.warning("%s", _told(trainer, f"the loss is {loss}, and the run goes on", ago=ago))
        self._count += len(found)


def _cause(pl_module: LightningModule, ago: int) -> tuple[str, list[str]]:
    """Why a loss is not finite, and the parameters whose gradients were to blame.

    Before its step is taken, what is wrong in the weights came from the gradients of the one before; later, of any.
    """
    if ago:
        return f"seen {ago} steps later; callbacks.non_finite.every_n_steps=1 finds whose gradients were the first", []
    weights = dict(pl_module.named_parameters())
    if _finite(weights.values()):
        return "with finite weights", []
    return "after gradients that were not finite", _bad(weights)


def _finite(tensors: Iterable[Tensor]) -> bool:
    """Whether all numbers are finite, asked once; their largest is not, or is no number, where one is not."""
    return bool(get_total_norm([tensor.detach() for tensor in tensors], norm_type=inf).isfinite())


def _bad(tensors: Mapping[str, Tensor]) -> list[str]:
    return [name for name, tensor in tensors.items() if not tensor.isfinite().all()]


def _told(trainer: Trainer, what: str, bad: Sequence[str] = (), ago: int = 0) -> str:
    """Where it happened, what, and what may help."""
    rates = ", ".join(f"{group['lr']:.3g}" for optimizer in trainer.optimizers for group in optimizer.param_groups)
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    names = f"\n  not finite: {', '.join(bad[:_NAMED])}{more}" if bad else ""
    return (
        f"epoch {trainer.current_epoch + 1}, batch {trainer.fit_loop.batch_idx + 1 - ago}, after"
        f" step {max(trainer.global_step - ago, 0)}: {what} (learning rate {rates}){names}\n"
        "  Try a lower optimizer.lr, scheduler=warmup_cosine, trainer.gradient_clip_val=1.0 or another\n"
        "  trainer.precision; debug=anomaly finds what makes it. callbacks.non_finite.policy=skip leaves it out."
    )
