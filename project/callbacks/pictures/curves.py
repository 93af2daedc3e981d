"""Pictures of a training: its losses, its metrics and its learning rate."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from torch import Tensor

from .canvas import BLUE, GREEN, GREY, ORANGE, Page, page

MOST_POINTS: Final = 1000
"""Beyond these, neighbours are joined: a long run costs no more memory than a short one."""


Number = Tensor | float


class Line:
    """Values over steps, as means over equally many neighbours."""

    def __init__(self) -> None:
        self.points: list[tuple[int, Number]] = []
        self._width, self._count = 1, 0
        self._sum: Number | None = None

    def add(self, step: int, value: Number) -> None:
        """Add the value of a step; a tensor stays on its device, since fetching it would wait for it."""
        total = value if self._sum is None else self._sum + value
        self._sum, self._count = total, self._count + 1
        if self._count < self._width:
            return
        self.points.append((step, total / self._count if self._count > 1 else total))
        self._sum, self._count = None, 0
        if len(self.points) >= MOST_POINTS:
            pairs = zip(self.points[::2], self.points[1::2], strict=True)
            self.points = [(later, (first + second) / 2) for (_, first), (later, second) in pairs]
            self._width *= 2

    def state_dict(self) -> dict[str, Any]:
        """The line as tensors and primitives."""
        steps, values = [step for step, _ in self.points], self._values()
        return {"steps": steps, "values": values, "width": self._width, "count": self._count, "sum": self._sum}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with a line."""
        values: Any = state["values"]
        numbers: list[Number] = values.tolist() if values.dtype == torch.float64 else list(values.unbind())
        self.points = list(zip(state["steps"], numbers, strict=True))
        self._width, self._count, self._sum = state["width"], state["count"], state["sum"]

    def xy(self) -> tuple[list[int], list[float]]:
        """Steps and values."""
        values: Any = self._values().cpu()
        return [step for step, _ in self.points], values.tolist()

    def _values(self) -> Tensor:
        """The values: float64 of numbers, float32 of tensors."""
        tensors = [value for _, value in self.points if isinstance(value, Tensor)]
        return (
            torch.stack(tensors)
            if tensors
            else torch.tensor([float(value) for _, value in self.points], dtype=torch.float64)
        )


class Curves:
    """What is logged while training, at every step and at the ends of epochs."""

    def __init__(self) -> None:
        self.loss, self.rate = Line(), Line()
        self.logged: dict[str, Line] = {}

    def on_step(self, step: int, loss: Tensor | None, rate: float | None) -> None:
        """Add the loss and the learning rate of a step of training."""
        if loss is not None:
            self.loss.add(step, loss.detach().float())
        if rate is not None:
            self.rate.add(step, float(rate))

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
        return {"curves": lambda: self._figure(title)} if self.loss.points or self.logged else {}

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
