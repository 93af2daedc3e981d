"""Pictures of a training: its losses, its metrics and its learning rate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from .canvas import BLUE, GREEN, GREY, ORANGE, Page, page

MOST_POINTS: Final = 1000
"""Beyond these, neighbours are joined: a long run costs no more memory than a short one."""
_TOGETHER: Final = 256
"""Values that wait for each other, as what is done with each costs as much as with all."""


Number = Tensor | float


class Line:
    """Values over steps, as means over equally many neighbours."""

    def __init__(self) -> None:
        self.points: list[tuple[int, Number]] = []
        self._waiting: list[tuple[int, Number]] = []
        self._width = 1

    def add(self, step: int, value: Number) -> None:
        """Add the value of a step; a tensor stays on its device, since fetching it would wait for it."""
        self._waiting.append((step, value))
        if len(self._waiting) >= max(_TOGETHER, self._width):
            self._settle()

    def state_dict(self) -> dict[str, Any]:
        """The line as tensors and primitives."""
        self._settle()
        parts = {"points": self.points, "waiting": self._waiting}
        return {"width": self._width, **{name: (_steps(part), _values(part)) for name, part in parts.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with a line."""
        self._width = state["width"]
        self.points, self._waiting = (_pairs(*state[name]) for name in ("points", "waiting"))

    def xy(self) -> tuple[list[int], list[float]]:
        """Steps and values."""
        self._settle()
        values: Any = _values(self.points).cpu()
        return _steps(self.points), values.tolist()

    def _settle(self) -> None:
        """Make points of the values that wait, as far as they fill one."""
        while count := min(len(self._waiting) // self._width, MOST_POINTS - len(self.points)):
            taken = count * self._width
            self.points += _joined(self._waiting[:taken], self._width)
            self._waiting = self._waiting[taken:]
            if len(self.points) == MOST_POINTS:
                self.points, self._width = _joined(self.points, 2), 2 * self._width


def _joined(points: Sequence[tuple[int, Number]], width: int) -> list[tuple[int, Number]]:
    """The means of so many neighbours each, at the last one's step."""
    if width == 1 or not points:
        return [*points]
    means = _values(points).view(-1, width).mean(1)
    return _pairs(_steps(points)[width - 1 :: width], means)


def _steps(points: Sequence[tuple[int, Number]]) -> list[int]:
    return [step for step, _ in points]


def _values(points: Sequence[tuple[int, Number]]) -> Tensor:
    """The values: float64 of numbers, float32 of tensors."""
    tensors = [value for _, value in points if isinstance(value, Tensor)]
    if tensors:
        return torch.stack(tensors).float()
    return torch.tensor([float(value) for _, value in points], dtype=torch.float64)


def _pairs(steps: Sequence[int], values: Tensor) -> list[tuple[int, Number]]:
    untyped: Any = values
    numbers: Any = untyped.tolist() if values.dtype == torch.float64 else values.unbind()
    return list(zip(steps, numbers, strict=True))


class Curves:
    """What is logged while training, at every step and at the ends of epochs."""

    def __init__(self) -> None:
        self.loss, self.rate = Line(), Line()
        self.logged: dict[str, Line] = {}

    def on_step(self, step: int, loss: Tensor | None, rate: float | None) -> None:
        """Add the loss and the learning rate of a step of training."""
        if loss is not None:
            self.loss.add(step, loss)
        if rate is not None:
            self.rate.add(step, rate)

    def on_epoch(self, step: int, metrics: Mapping[str, Tensor], phase: str) -> None:
        """Add the metrics of a phase, as `val/accuracy`."""
        for name, value in metrics.items():
            if name.startswith(f"{phase}/") and not name.endswith("_step"):
                self.logged.setdefault(name, Line()).add(step, value.detach().float().cpu())

    def state_dict(self) -> dict[str, Any]:
        """All lines as tensors and primitives."""
        logged = {name: line.state_dict() for name, line in self.logged.items()}
        return {"loss": self.loss.state_dict(), "rate": self.rate.state_dict(), "logged": logged}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with all lines."""
        self.loss.load_state_dict(state["loss"])
        self.rate.load_state_dict(state["rate"])
        for name, line in state["logged"].items():
            self.logged.setdefault(name, Line()).load_state_dict(line)

    def draw(self, title: str) -> dict[str, Callable[[], Page]]:
        """What to draw, by name, each a function of nothing."""
        return {"curves": lambda: self._figure(title)} if self.loss.xy()[0] or self.logged else {}

    def _figure(self, title: str) -> Page:
        names = [name.removeprefix("val/") for name in self.logged if name.startswith("val/")]
        metrics = [name for name in names if name != "loss" and f"train/{name}" in self.logged][:4]
        panels = ["loss", *metrics, "learning rate"]
        columns = 2 if len(panels) in (2, 4) else 3
        rows = -(-len(panels) // columns)
        figure = page(4.2 * columns, 3.2 * rows + 0.4, title)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for axes, name in zip(grid.flat, panels, strict=False):
            axes.set_title(name)
            axes.set_xlabel("step")
            axes.tick_params(labelbottom=True)
            axes.grid(visible=True, color="#eeeeee")
            if name == "learning rate":
                axes.plot(*self.rate.xy(), color=GREEN)
                continue
            if name == "loss":
                axes.plot(*self.loss.xy(), color=GREY, linewidth=0.8, alpha=0.6, label="training, by step")
            for phase, label, color in (("train", "training", BLUE), ("val", "validation", ORANGE)):
                if (line := self.logged.get(f"{phase}/{name}")) is not None:
                    axes.plot(*line.xy(), color=color, label=label, marker="o", markersize=4)
            axes.legend()
        return figure
