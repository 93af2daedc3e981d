"""Which pictures suit which predictions."""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from .canvas import Facts, Page, is_images
from .classes import Classes
from .labels import Labels
from .reconstructions import Reconstructions
from .values import Values

# B = batch, K = classes, L = labels, D = values of one example


class Study(Protocol):
    """Collects predictions in bounded memory, and draws them."""

    def update(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> None:
        """Add a batch."""
        ...

    def draw(self, facts: Facts) -> Mapping[str, Callable[[], Page]]:
        """What to draw, by name; every rank must call this, and one the functions that it returns."""
        ...


def study(inputs: Tensor, prediction: Tensor, target: Tensor, mistakes: int) -> Study | None:
    """The study for such batches; None when there is none for them.

    Predictions of the inputs' shape are reconstructions of images. Of (B, K) with labels (B,) they are of classes, of
    (B,) or (B, L) with as many zeros and ones of a class or of labels, and with other numbers of values.
    """
    if prediction.shape == inputs.shape and is_images(inputs):
        return Reconstructions()
    if not prediction.is_floating_point():
        return None
    if prediction.ndim == 2 and target.ndim == 1 and prediction.shape[1] > 1 and not target.is_floating_point():
        return Classes(prediction.shape[1], mistakes)
    if prediction.squeeze(-1).shape != target.squeeze(-1).shape or prediction.ndim > 2:
        return None
    if not bool(((target == 0) | (target == 1)).all()):
        return Values()
    return Labels(prediction.shape[1]) if prediction.squeeze(-1).ndim == 2 else Binary(mistakes)


class Binary:
    """One yes or no an example, as two classes."""

    def __init__(self, mistakes: int) -> None:
        self.classes = Classes(2, mistakes)
        self.logits: bool | None = None

    def update(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> None:
        """Add a batch: logits or probabilities (B,) or (B, 1), and zeros and ones alike."""
        yes = prediction.float().flatten()
        if self.logits is None:
            self.logits = bool(((yes < 0) | (yes > 1)).any())
        yes = yes.sigmoid() if self.logits else yes
        self.classes.update(inputs, torch.stack([1 - yes, yes], 1), target.flatten().long())

    def draw(self, facts: Facts) -> Mapping[str, Callable[[], Page]]:
        """As of two classes."""
        return self.classes.draw(facts)
