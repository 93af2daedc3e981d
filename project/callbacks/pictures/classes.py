"""Pictures of a classifier: its confusion matrix, the scores of each class, its worst mistakes."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix

from .canvas import PALE, Facts, Page, bars, is_images, matrix, mosaic, page, visible
from .top import Top

# B = batch, K = classes

WRITTEN: Final = 12
"""Classes up to which a number fits into each cell of the matrix."""
NAMED: Final = 40
"""Classes up to which their names fit beside it."""


class Classes:
    """Which classes are taken for which.

    Args:
        num_classes: K.
        mistakes: how many of the worst are kept.

    """

    def __init__(self, num_classes: int, mistakes: int) -> None:
        self.confusion = MulticlassConfusionMatrix(num_classes, validate_args=False)
        self.worst = Top(mistakes, "images", "target", "guess", "confidence")
        self.seen_images = False
        self.logits: bool | None = None

    def update(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> None:
        """Add a batch: logits or probabilities (B, K), labels (B,)."""
        self.confusion.to(target.device).update(prediction, target)
        self.seen_images = is_images(inputs)
        if not self.seen_images or not self.worst.k:
            return
        if self.logits is None:  # asked once: the answer waits for the device
            self.logits = not _are_probabilities(prediction)
        logs = prediction.float().log_softmax(1) if self.logits else prediction.float().log()
        confidence, guess = logs.exp().max(1)
        surprise = -logs.gather(1, target[:, None]).squeeze(1)
        score = torch.where(guess == target, -1.0, surprise)
        self.worst.update(score, images=inputs, target=target, guess=guess, confidence=confidence)

    def draw(self, facts: Facts) -> dict[str, Callable[[], Page]]:
        """What to draw, by name, each a function of nothing; every rank must call this."""
        confusion = self.confusion.compute().cpu()
        drawn: dict[str, Callable[[], Page]] = {
            "confusion_matrix": lambda: confusion_matrix(confusion, facts),
            "classes": lambda: scores_by_class(confusion, facts),
        }
        if self.seen_images and self.worst.k:
            worst = {name: value.cpu() for name, value in self.worst.compute().items()}
            if (worst["score"] > 0).any():
                drawn["mistakes"] = lambda: mistakes(worst, confusion, facts)
        return drawn


def confusion_matrix(confusion: Tensor, facts: Facts) -> Page:
    """Shares of each true class (rows), and beside a large matrix the commonest confusions by name."""
    num_classes, total = len(confusion), int(confusion.sum())
    right = int(confusion.diagonal().sum())
    title = f"{facts.title}: {right / max(total, 1):.1%} of {total:,} are right"
    names = facts.names(num_classes)
    written = num_classes <= WRITTEN
    size = max(4.6, 1.8 + 0.56 * num_classes) if written else 8.0
    figure = page(size + (0.9 if written else 4.6), size, title, layout="compressed" if written else "constrained")
    axes = figure.add_subplot() if written else figure.subplots(1, 2, width_ratios=[2.2, 1])
    cells, commonest = (axes, None) if written else axes
    shares = confusion / confusion.sum(1, keepdim=True).clamp_min(1)
    if num_classes <= NAMED:
        matrix(cells, shares, [*names], written)
    else:  # thousands of labels that nobody could read take seconds
        cells.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    for text in cells.texts:
        share = float(text.get_text())
        text.set(
            text=f"{share:.2f}".lstrip("0") if share else "", fontsize=10, color="white" if share > 0.55 else "black"
        )
    _label(cells, names)
    figure.colorbar(cells.images[0], ax=cells, shrink=0.7, label="share of the true class", location="right")
    if commonest is not None:
        _draw_commonest(commonest, confusion, names)
    return figure


def _label(axes: Any, names: list[str]) -> None:
    axes.set_xlabel("predicted", fontsize=11)
    axes.set_ylabel("true", fontsize=11)
    if len(names) > NAMED:  # every tenth index
        every = max(1, len(names) // 100) * 10
        ticks = range(0, len(names), every)
        axes.set_xticks(ticks, list(map(str, ticks)), rotation=0)
        axes.set_yticks(ticks, list(map(str, ticks)), rotation=0)
        return
    size = 10 if len(names) <= WRITTEN else 7
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(range(len(names)), names, rotation=0, fontsize=size)


def _draw_commonest(axes: Any, confusion: Tensor, names: list[str], most: int = 20) -> None:
    wrong = confusion - torch.diag(confusion.diagonal())
    counts, cells = wrong.flatten().topk(min(most, wrong.numel()))
    pairs = [divmod(int(cell), len(names)) for cell in cells[counts > 0]]
    axes.barh(range(len(pairs)), counts[: len(pairs)].numpy(), color=PALE)
    axes.set_yticks([])
    for row, (true, guess) in enumerate(pairs):
        axes.text(
            0, row, f" {_short(names[true])} \N{RIGHTWARDS ARROW} {_short(names[guess])}", va="center", fontsize=9
        )
    axes.invert_yaxis()
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_title("most often: true \N{RIGHTWARDS ARROW} predicted")


def scores_by_class(confusion: Tensor, facts: Facts) -> Page:
    """F1, precision and recall of each class, the lowest F1 first; classes that never occur are left out."""
    present = (confusion.sum(1) > 0).nonzero().flatten()
    right = confusion.diagonal()[present].float()
    precision = right / confusion.sum(0)[present].clamp_min(1)
    recall = right / confusion.sum(1)[present]
    f1 = 2 * right / (confusion.sum(0)[present] + confusion.sum(1)[present])
    all_names = facts.names(len(confusion))
    names = [_short(all_names[int(index)]) for index in present]
    figure = page(7, 1.6 + 0.3 * min(len(names), 30), f"{facts.title}: mean F1 {f1.mean():.3f}")
    bars(figure, names, {"F1": f1, "precision": precision, "recall": recall})
    return figure


def mistakes(worst: dict[str, Tensor], confusion: Tensor, facts: Facts) -> Page:
    """The images that the model was most wrong about, with true class, predicted class and its confidence."""
    names = facts.names(len(confusion))
    wrong = [index for index, score in enumerate(worst["score"]) if score > 0]
    all_wrong = int(confusion.sum() - confusion.diagonal().sum())
    title = f"{facts.title}: the {len(wrong)} worst of {all_wrong:,} mistakes"
    captions = [
        (
            _short(names[int(worst["target"][index])]),
            f"\N{RIGHTWARDS ARROW} {_short(names[int(worst['guess'][index])])} {worst['confidence'][index]:.0%}",
        )
        for index in wrong
    ]
    return mosaic(title, visible(worst["images"], facts)[wrong], captions, columns=4)


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}\N{HORIZONTAL ELLIPSIS}"


def _are_probabilities(prediction: Tensor) -> bool:
    return bool((prediction >= 0).all() and torch.allclose(prediction.sum(1).float(), prediction.new_ones(1).float()))
