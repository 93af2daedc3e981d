"""Regression in the data's own unit."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, final

import torch
from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Optimizer
from torchmetrics import Metric

from .loop import Loop, Schedule, Step

# B = batch, T = targets of one example


@final
class RegressionLoop(Loop[tuple[Tensor, Tensor]]):
    """The model learns standardised targets; metrics, predictions and `forward` are in the unit of the data.

    Batches are (input, target) pairs, targets of (B, T). The loss is that of (target - mean) / std, so that its size,
    and with it the learning rate, does not depend on the unit.

    Args:
        model: see `Loop`; its output is standardised too.
        loss: see `Loop`.
        optimizer: see `Loop`.
        scheduler: see `Loop`.
        metrics: see `Loop`.
        target_mean: mean of the targets over the training data.
        target_std: their standard deviation.

    Raises:
        ValueError: if `target_std` is not above 0.

    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: Callable[[Iterable[Parameter]], Optimizer],
        scheduler: Schedule,
        metrics: Mapping[str, Metric],
        target_mean: float = 0.0,
        target_std: Annotated[float, Gt(0)] = 1.0,
    ) -> None:
        super().__init__(model, loss, optimizer, scheduler, metrics)
        if not target_std > 0.0:
            raise ValueError(f"{target_std=}: must be above 0.")
        self.target_mean = target_mean
        self.target_std = target_std

    def forward(self, inputs: Tensor) -> Tensor:
        """Return predictions of (B, T) in the unit of the data."""
        return self._in_unit(self.model(inputs))

    def step(self, batch: tuple[Tensor, Tensor]) -> Step:
        """Predict, and compare what is standardised."""
        inputs, target = batch
        output: Tensor = self.model(inputs)
        loss = self.loss(output, (target - self.target_mean) / self.target_std)
        return Step(self._in_unit(output), target, loss)

    def _in_unit(self, output: Tensor) -> Tensor:
        # Half precision has three digits or so, which the mean would use up.
        exact = output.to(torch.promote_types(output.dtype, torch.float32))
        return exact * self.target_std + self.target_mean
