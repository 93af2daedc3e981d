"""Pictures of a regression."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError

from .canvas import BLUE, GREY, Facts, Page, page
from .top import Top

# B = batch, D = values of one example


class Values:
    """How far predicted values are from true ones.

    Args:
        sample: how many pairs are kept for drawing, chosen evenly at random.

    """

    def __init__(self, sample: int = 2000) -> None:
        self.mean_error = MeanAbsoluteError()
        self.root_error = MeanSquaredError(squared=False)
        self.pairs = Top(sample, "prediction", "target")
        self.random = torch.Generator().manual_seed(0)  # of its own: drawing changes nothing else in the run

    def update(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> None:
        """Add a batch of (B, D) each."""
        guess, truth = prediction.float().flatten(), target.float().flatten()
        for metric in (self.mean_error, self.root_error):
            metric.to(truth.device).update(guess, truth)
        score = torch.rand(len(truth), generator=self.random).to(truth.device)
        self.pairs.update(score, prediction=guess, target=truth)

    def draw(self, facts: Facts) -> dict[str, Callable[[], Page]]:
        """What to draw, by name, each a function of nothing; every rank must call this."""
        mean, root = float(self.mean_error.compute()), float(self.root_error.compute())
        pairs = {name: value.cpu() for name, value in self.pairs.compute().items()}
        return {"values": lambda: against_truth(pairs["prediction"], pairs["target"], mean, root, facts)}


def against_truth(prediction: Tensor, target: Tensor, mean: float, root: float, facts: Facts) -> Page:
    """Predicted over true values, and how the differences are spread."""
    figure = page(10, 4.8, f"{facts.title}: mean absolute error {mean:.3g}, root mean square error {root:.3g}")
    left, right = figure.subplots(1, 2)
    low, high = (float(end) for end in torch.cat([prediction, target]).aminmax())
    left.plot([low, high], [low, high], color=GREY, linewidth=1, zorder=0)
    left.scatter(target.numpy(), prediction.numpy(), s=9, alpha=0.4, color=BLUE, linewidths=0)
    left.set(xlabel="true", ylabel="predicted", aspect="equal")
    errors = (prediction - target).numpy()
    right.hist(errors, bins=40, color=BLUE, alpha=0.6)
    right.axvline(0, color=GREY, linewidth=1)
    right.set(xlabel="predicted \N{MINUS SIGN} true", ylabel=f"of {len(errors):,} values")
    return figure
