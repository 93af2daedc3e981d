"""Pictures of a classifier of several labels an example."""

from collections.abc import Callable

from torch import Tensor
from torchmetrics.classification import MultilabelConfusionMatrix

from .canvas import Facts, Page, bars, matrix, page

# B = batch, L = labels


class Labels:
    """Which labels are missed and which are invented.

    Args:
        num_labels: L.

    """

    def __init__(self, num_labels: int) -> None:
        self.confusion = MultilabelConfusionMatrix(num_labels, validate_args=False)

    def update(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> None:
        """Add a batch: logits or probabilities (B, L), and zeros and ones (B, L)."""
        self.confusion.to(target.device).update(prediction, target.int())

    def draw(self, facts: Facts) -> dict[str, Callable[[], Page]]:
        """What to draw, by name, each a function of nothing; every rank must call this."""
        confusion = self.confusion.compute().cpu()
        return {
            "confusion_matrix": lambda: confusion_matrices(confusion, facts),
            "classes": lambda: scores_by_label(confusion, facts),
        }


def _scores(confusion: Tensor) -> dict[str, Tensor]:
    right, invented, missed = (confusion[:, row, column].float() for row, column in ((1, 1), (0, 1), (1, 0)))
    return {
        "F1": 2 * right / (2 * right + invented + missed).clamp_min(1),
        "precision": right / (right + invented).clamp_min(1),
        "recall": right / (right + missed).clamp_min(1),
    }


def confusion_matrices(confusion: Tensor, facts: Facts, most: int = 12) -> Page:
    """A matrix of two by two for each label, those with the lowest F1 when there are too many."""
    names = facts.names(len(confusion))
    lowest = sorted(int(index) for index in _scores(confusion)["F1"].argsort()[:most])
    columns = min(len(lowest), 4)
    rows = -(-len(lowest) // columns)
    few = "" if len(names) <= most else f", the {most} hardest of {len(names)} labels"
    figure = page(max(2.6 * columns, 5), 2.7 * rows + 0.5, f"{facts.title}{few}")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(lowest) :]:
        axes.set_axis_off()
    for place, (axes, index) in enumerate(zip(grid.flat, lowest, strict=False)):
        shares = confusion[index] / confusion[index].sum(1, keepdim=True).clamp_min(1)
        matrix(axes, shares, ["no", "yes"])
        for text, count in zip(axes.texts, confusion[index].flatten(), strict=True):
            share = float(text.get_text())
            text.set(text=f"{share:.0%}\n{int(count):,}", fontsize=10, color="white" if share > 0.55 else "black")
        axes.set_title(names[index])
        axes.set_xticks([0, 1], ["no", "yes"], rotation=0)
        axes.set_yticks([0, 1], ["no", "yes"], rotation=0)
        axes.set_xlabel("predicted" if place >= len(lowest) - columns else "", fontsize=10)
        axes.set_ylabel("true" if place % columns == 0 else "", fontsize=10)
    return figure


def scores_by_label(confusion: Tensor, facts: Facts) -> Page:
    """F1, precision and recall of each label, the lowest F1 first."""
    scores, names = _scores(confusion), facts.names(len(confusion))
    figure = page(7, 1.6 + 0.3 * min(len(names), 30), f"{facts.title}: mean F1 {scores['F1'].mean():.3f}")
    bars(figure, names, scores)
    return figure
