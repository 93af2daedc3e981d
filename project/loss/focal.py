"""Cross entropy for classes that are hard to find."""

from collections.abc import Sequence
from typing import Annotated, final

import torch
from annotated_types import Ge
from torch import Tensor, nn
from torch.nn import functional

# B = batch, K = classes


@final
class Focal(nn.Module):
    """Cross entropy that counts an example for less the surer the model is of it (focal loss, arXiv:1708.02002).

    A target of probabilities, as MixUp makes, is a mean over the classes: each counts by its own probability.

    Args:
        gamma: how fast sure examples fade; 0 is cross entropy.
        alpha: a weight for each class; None weighs all alike. The mean is over examples, not over weights.

    Raises:
        ValueError: if `gamma` or a weight is below 0.

    """

    alpha: Tensor | None

    def __init__(
        self, gamma: Annotated[float, Ge(0)] = 2.0, alpha: Sequence[Annotated[float, Ge(0)]] | None = None
    ) -> None:
        super().__init__()
        if not gamma >= 0.0:
            raise ValueError(f"{gamma=}: must be 0 (cross entropy) or more.")
        if alpha is not None and not all(weight >= 0.0 for weight in alpha):
            raise ValueError(f"{alpha=}: every weight must be 0 or more.")
        self.gamma = gamma
        self.register_buffer("alpha", None if alpha is None else torch.tensor(list(alpha)), persistent=False)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Compare logits of (B, K) with labels of (B,) or probabilities of (B, K).

        Raises:
            ValueError: if there is not one weight for each class.

        """
        if self.alpha is not None and len(self.alpha) != logits.shape[1]:
            raise ValueError(f"alpha has {len(self.alpha)} weights, and the number of classes is {logits.shape[1]}.")
        log_probability = functional.log_softmax(logits, dim=1)
        # Above 0, as the slope of a root has no end there, and a sure example would turn the gradient into NaN.
        missing = (-torch.expm1(log_probability)).clamp(min=torch.finfo(log_probability.dtype).tiny)
        loss = -(missing**self.gamma) * log_probability
        if self.alpha is not None:
            loss = loss * self.alpha
        if target.is_floating_point() and target.shape == loss.shape:
            return (loss * target).sum(dim=1).mean()
        return functional.nll_loss(-loss, target)  # picks the label's, and refuses whatever is no label
