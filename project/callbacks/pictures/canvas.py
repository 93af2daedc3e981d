"""What all pictures share: the page, its colours, and images as people see them."""

import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix

# N = images, C = channels, H = height, W = width

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#888888"
PALE = "#A6CBE3"
"""Colours that colour-blind people tell apart (Okabe and Ito, https://jfly.uni-koeln.de/color), and a pale blue."""

_STYLE = {
    "axes.edgecolor": "#444444",
    "axes.grid": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.titlesize": 13,
    "font.size": 10,
    "legend.frameon": False,
}


Page = Any
"""A matplotlib figure. Its stubs leave every `**kwargs` untyped, which a strict checker takes nowhere."""


@dataclass(frozen=True)
class Facts:
    """What is known of the data.

    Args:
        title: which data it is.
        classes: their names by index; empty when unknown.
        mean: of each channel, which was subtracted from the images; empty when they were left as they are.
        std: of each channel, by which they were divided.
    """

    title: str
    classes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def names(self, count: int) -> list[str]:
        """The names of `count` classes, their indices where they are not known."""
        return list(self.classes) if len(self.classes) == count else [str(index) for index in range(count)]


@contextmanager
def style() -> Generator[None]:
    """Draw in the style of the house, whatever the user's own is."""
    from matplotlib import style as styles  # by whoever draws, at the end of an epoch

    with styles.context(["default", _STYLE]):
        yield


def page(
    width: float, height: float, title: str, layout: Literal["constrained", "compressed"] | None = "constrained"
) -> Page:
    """An empty figure of so many inches, with no part in pyplot's state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Page = Figure(figsize=(width, height), dpi=100, layout=layout)
    FigureCanvasAgg(figure)
    figure.suptitle(title, y=1 - 0.13 / height if layout is None else None, va="top")
    return figure


def pixels(figure: Page) -> NDArray[np.uint8]:
    """The figure as (H, W, 3)."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba(), np.uint8)[..., :3].copy()


def is_images(inputs: Tensor) -> bool:
    """Whether these are images that can be shown."""
    return inputs.ndim == 4 and inputs.shape[1] in (1, 3)


def visible(images: Tensor, facts: Facts) -> NDArray[np.float32]:
    """Images (N, C, H, W) as a model sees them, as (N, H, W, C) in [0, 1]; each by its own range without statistics."""
    images = images.detach().float().cpu()
    if len(facts.mean) == len(facts.std) == images.shape[1]:
        images = images * images.new_tensor(facts.std).view(-1, 1, 1) + images.new_tensor(facts.mean).view(-1, 1, 1)
    else:
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        images = (images - low) / (high - low).clamp_min(1e-8)
    return images.clamp(0, 1).permute(0, 2, 3, 1).numpy()


def mosaic(
    title: str, images: NDArray[np.float32], captions: Sequence[tuple[str, str]], columns: int, size: float = 2.0
) -> Page:
    """Images (N, H, W, C) row by row, `size` inches wide, each under two lines of text.

    One axes with inches for units: a page of many axes takes seconds to lay out.
    """
    rows, columns = -(-len(images) // columns), min(columns, len(images))
    tall, line, gap, head = size * images.shape[1] / images.shape[2], 0.2, 0.12, 0.5
    texts = line * max(sum(map(bool, caption)) for caption in captions)
    width, height = max(columns * (size + gap) + gap, 5.0), head + rows * (tall + texts + 2 * gap)
    figure = page(width, height, title, layout=None)
    axes = figure.add_axes((0, 0, 1, 1))
    left = (width - columns * (size + gap) + gap) / 2
    for index, (image, (first, second)) in enumerate(zip(images, captions, strict=True)):
        x, y = left + index % columns * (size + gap), head + index // columns * (tall + texts + 2 * gap) + texts
        shown = image.squeeze(-1) if image.shape[-1] == 1 else image
        axes.imshow(shown, cmap="gray", vmin=0, vmax=1, extent=(x, x + size, y + tall, y))
        middle = x + size / 2
        if first:
            axes.text(middle, y - texts + line - 0.03, first, ha="center", va="baseline", fontsize=9.5)
        if second:
            axes.text(middle, y - 0.05, second, ha="center", va="baseline", fontsize=9.5, color=RED)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure


def matrix(axes: Any, shares: Tensor, names: list[str], written: bool = True) -> None:
    """Torchmetrics' plot of a confusion matrix of shares."""
    metric: Any = MulticlassConfusionMatrix(len(names))
    with warnings.catch_warnings():  # torchmetrics hands a tensor to matplotlib, and NumPy 2 tells torch off for it
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        metric.plot(shares, ax=axes, add_text=written, labels=names, cmap="Blues")
    axes.images[0].set_clim(0, 1)
    axes.spines[:].set_visible(False)


def bars(figure: Page, names: Sequence[str], scores: Mapping[str, Tensor], most: int = 30) -> None:
    """Horizontal bars of the first of `scores`, the lowest on top, and marks for the others; of the `most` lowest."""
    (main, lengths), *others = scores.items()
    order = lengths.argsort()[:most]
    axes = figure.add_subplot()
    rows = range(len(order))
    handles = [axes.barh(rows, lengths[order].numpy(), color=PALE, label=main)]
    for (label, values), marker, color in zip(others, "o|", (RED, "black"), strict=False):
        handles += axes.plot(values[order].numpy(), rows, marker, color=color, label=label, markersize=8)
    axes.set_yticks(rows, [names[int(index)] for index in order])
    axes.set_xlim(0, 1.02)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.xaxis.grid(True, color="#dddddd")
    axes.set_axisbelow(True)
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    if len(names) > most:
        axes.set_title(f"the {most} lowest of {len(names)}", loc="left")
