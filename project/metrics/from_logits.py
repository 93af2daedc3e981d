"""torchmetrics' metrics of probabilities, always given logits.

torchmetrics takes a batch in which every logit happens to lie between 0 and 1 for probabilities, as those of a small
last batch may: a logit of 0.2 would then be a no, although its probability is 0.55.
"""

from typing import final

from torch import Tensor
from torchmetrics import classification

# B = batch, K = classes, L = labels, 1 for a binary question


@final
class BinaryAccuracy(classification.BinaryAccuracy):
    """Share of right answers."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, 1) and answers of (B, 1)."""
        super().update(preds.sigmoid(), target)


@final
class BinaryF1Score(classification.BinaryF1Score):
    """Harmonic mean of precision and recall."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, 1) and answers of (B, 1)."""
        super().update(preds.sigmoid(), target)


@final
class BinaryAUROC(classification.BinaryAUROC):
    """Probability that a yes gets a higher logit than a no."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, 1) and answers of (B, 1)."""
        super().update(preds.sigmoid(), target)


@final
class BinaryAveragePrecision(classification.BinaryAveragePrecision):
    """Mean precision over all recalls."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, 1) and answers of (B, 1)."""
        super().update(preds.sigmoid(), target)


@final
class MultilabelAccuracy(classification.MultilabelAccuracy):
    """Share of right answers, as a mean over the labels."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, L) and answers of (B, L)."""
        super().update(preds.sigmoid(), target)


@final
class MultilabelF1Score(classification.MultilabelF1Score):
    """Harmonic mean of precision and recall, as a mean over the labels."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, L) and answers of (B, L)."""
        super().update(preds.sigmoid(), target)


@final
class MultilabelAUROC(classification.MultilabelAUROC):
    """Probability that a yes gets a higher logit than a no, as a mean over the labels."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, L) and answers of (B, L)."""
        super().update(preds.sigmoid(), target)


@final
class MultilabelAveragePrecision(classification.MultilabelAveragePrecision):
    """Mean precision over all recalls, as a mean over the labels."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, L) and answers of (B, L)."""
        super().update(preds.sigmoid(), target)


@final
class MulticlassAUROC(classification.MulticlassAUROC):
    """Probability that an example of a class gets a higher probability of it than another, as a mean."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, K) and labels of (B,)."""
        super().update(preds.softmax(dim=1), target)


@final
class MulticlassCalibrationError(classification.MulticlassCalibrationError):
    """How far the confidence in the class predicted is from the share of right answers."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add logits of (B, K) and labels of (B,)."""
        super().update(preds.softmax(dim=1), target)
