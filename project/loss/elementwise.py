"""Losses that compare number with number, and never spread one tensor over the other.

torch's own broadcast predictions of (B, 1) and targets of (B,) to (B, B), and at most warn.
"""

from typing import Annotated, final

import torch
from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import functional

# B = batch, ... = the same dimensions in predictions and targets


@final
class SquaredError(nn.Module):
    """Mean of the squared differences."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Compare numbers of (B, ...).

        Raises:
            ValueError: if the shapes differ.

        """
        return functional.mse_loss(prediction, _alike(target, prediction))


@final
class AbsoluteError(nn.Module):
    """Mean of the absolute differences."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Compare numbers of (B, ...).

        Raises:
            ValueError: if the shapes differ.

        """
        return functional.l1_loss(prediction, _alike(target, prediction))


@final
class Huber(nn.Module):
    """Half the squared difference where it is small, and linear where it is large (Huber, 1964).

    Args:
        delta: the difference at which the line begins, in units of the target.

    Raises:
        ValueError: if `delta` is not above 0.

    """

    def __init__(self, delta: Annotated[float, Gt(0)] = 1.0) -> None:
        super().__init__()
        if not delta > 0.0:
            raise ValueError(f"{delta=}: must be above 0.")
        self.delta = delta

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Compare numbers of (B, ...).

        Raises:
            ValueError: if the shapes differ.

        """
        return functional.huber_loss(prediction, _alike(target, prediction), delta=self.delta)


@final
class BinaryCrossEntropy(nn.Module):
    """Cross entropy of yes-or-no questions, one a logit: binary (L = 1) and multi-label classification.

    Args:
        pos_weight: weight of the answer yes; above 1 it trades precision for recall.

    Raises:
        ValueError: if `pos_weight` is not above 0.

    """

    def __init__(self, pos_weight: Annotated[float, Gt(0)] = 1.0) -> None:
        super().__init__()
        if not pos_weight > 0.0:
            raise ValueError(f"{pos_weight=}: must be above 0.")
        self.pos_weight = pos_weight

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Compare logits of (B, L) with answers of (B, L), 0 or 1 of any dtype, or probabilities.

        Raises:
            ValueError: if the shapes differ.

        """
        weight = torch.full((), self.pos_weight, dtype=logits.dtype, device=logits.device)
        return functional.binary_cross_entropy_with_logits(logits, _alike(target, logits), pos_weight=weight)


def _alike(target: Tensor, prediction: Tensor) -> Tensor:
    if prediction.shape != target.shape:
        raise ValueError(
            f"predictions of shape {tuple(prediction.shape)} and targets of shape {tuple(target.shape)} must be of "
            "one shape: this loss compares number with number. Class indices (B,) want cross_entropy."
        )
    return target.to(prediction.dtype)
