"""Pictures of an autoencoder."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import MeanSquaredError

from .canvas import Facts, Page, mosaic, visible
from .top import Top

# B = batch, C = channels, H = height, W = width


class Reconstructions:
    """Which images come out as they went in, and which do not.

    Args:
        images: how many of the best and how many of the worst are kept.

    """

    def __init__(self, images: int = 8) -> None:
        self.error = MeanSquaredError()
        self.best, self.worst = Top(images, "inputs", "outputs"), Top(images, "inputs", "outputs")

    def update(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> None:
        """Add a batch of images (B, C, H, W) and what was made of them; `target` is not looked at."""
        self.error.to(inputs.device).update(prediction.float().contiguous(), inputs.float().contiguous())
        error = (prediction - inputs).float().square().mean((1, 2, 3))
        self.best.update(-error, inputs=inputs, outputs=prediction)
        self.worst.update(error, inputs=inputs, outputs=prediction)

    def draw(self, facts: Facts) -> dict[str, Callable[[], Page]]:
        """What to draw, by name, each a function of nothing; every rank must call this."""
        error = float(self.error.compute())
        best, worst = ({name: kept.cpu() for name, kept in top.compute().items()} for top in (self.best, self.worst))
        return {"reconstructions": lambda: over_one_another(best, worst, error, facts)}


def over_one_another(best: dict[str, Tensor], worst: dict[str, Tensor], error: float, facts: Facts) -> Page:
    """Inputs over outputs, the best above the worst."""
    rows = [kept[side] for kept in (best, worst) for side in ("inputs", "outputs")]
    named = [f"{what} {side}" for what in ("best", "worst") for side in ("input", "output")]
    captions = [
        (name if not column else "", "") for name, row in zip(named, rows, strict=True) for column in range(len(row))
    ]
    title = f"{facts.title}: mean squared error {error:.3g}"
    return mosaic(title, visible(torch.cat(rows), facts), captions, columns=len(best["inputs"]), size=1.1)
