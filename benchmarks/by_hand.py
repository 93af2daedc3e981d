"""Training by hand on one device: step by step, with a compiled model, or with the whole step in a CUDA graph."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Adam
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.loops import Batch, Make, noise, now

# N = images, B = batch, C = channels, H = height, W = width

WARM_UP = 3
"""Steps before one is captured, as torch's notes on CUDA ask for."""


class How(NamedTuple):
    """How a model is trained: where, under bfloat16's autocast or not, in which layout, and by which way."""

    device: torch.device
    half: bool
    channels_last: bool
    way: Literal["plain", "compiled", "graph"] = "plain"


class Step:
    """Forward, backward and a fused Adam's step, all of it on the device."""

    def __init__(self, make: Make, how: How) -> None:
        self.how = how
        self.layout = torch.channels_last if how.channels_last else torch.contiguous_format
        self.model: Any = make().to(how.device)
        self.model.to(memory_format=self.layout)
        if how.way == "compiled":
            self.model.compile(mode="reduce-overhead", dynamic=False)
        capturable = how.way == "graph" and how.device.type == "cuda"
        self.optimizer: Any = Adam(self.model.parameters(), lr=1e-3, fused=True, capturable=capturable)

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on images (B, C, H, W) uint8, and return the loss."""
        self.optimizer.zero_grad(set_to_none=True)
        inputs = images.float().mul_(1 / (255 * 0.353)).add_(-0.286 / 0.353).contiguous(memory_format=self.layout)
        # What autocast keeps would not be there at a graph's replay.
        keeps = self.how.way != "graph"
        kind = self.how.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=self.how.half, cache_enabled=keeps):
            loss = cross_entropy(self.model(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's
        self.optimizer.step()
        return loss.detach()


def by_hand(make: Make, size: int, steps: int, epochs: int, how: How) -> list[float]:
    """The seconds of each epoch."""
    torch.compiler.reset()
    plain = Step(make, how)
    step = Captured(plain, *(part[:size].clone() for part in on_device(how.device))) if how.way == "graph" else plain
    seconds = list[float]()
    for _ in range(epochs):
        begun, total = now(how.device), torch.zeros((), device=how.device)
        for images, labels in fetched(size, steps, how.device):
            total += step(images, labels)
        assert total.isfinite()
        seconds.append(now(how.device) - begun)
    return seconds


class Captured:
    """A step that is captured once and replayed on its inputs' memory, as torch's notes on CUDA have it.

    On a CPU the step is taken again, on the same memory.

    Args:
        step: what is captured.
        images: into which each batch is copied.
        labels: likewise.
    """

    def __init__(self, step: Step, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels
        self.loss = torch.zeros((), device=images.device)
        if images.device.type != "cuda":
            self._replay: Callable[[], object] = lambda: self.loss.copy_(step(images, labels))
            return
        side = torch.cuda.Stream(images.device)  # type: ignore[no-untyped-call]  # torch's
        side.wait_stream(torch.cuda.current_stream(images.device))
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                step(images, labels)
        torch.cuda.current_stream(images.device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # So that the gradients are allocated in the graph's own memory.
        step.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self.loss = step(images, labels)
        self._replay = graph.replay

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on a batch; the loss is overwritten by the next."""
        self.images.copy_(images)
        self.labels.copy_(labels)
        self._replay()
        return self.loss


@cache
def on_device(device: torch.device) -> Batch:
    """All images, (N, C, H, W) uint8, and their labels."""
    images, labels = noise()
    return images.to(device), labels.to(device)


def fetched(size: int, steps: int, device: torch.device) -> Iterator[Batch]:
    """An epoch of batches, in an order of its own."""
    images, labels = on_device(device)
    order = torch.randperm(len(labels), device=device)
    for begin in range(0, steps * size, size):
        chosen = order[begin : begin + size]
        yield images.index_select(0, chosen), labels.index_select(0, chosen)


def flops(make: Make, size: int) -> int:
    """Floating-point operations of a step's forward and backward, counted on tensors without memory."""
    with torch.device("meta"):
        model, images, labels = make(), torch.empty(size, 1, 28, 28), torch.empty(size, dtype=torch.int64)
        counter: Any = FlopCounterMode(display=False)
        with counter:
            cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]  # torch's
    total: int = counter.get_total_flops()
    return total


def peak(device: torch.device, half: bool, side: int) -> float:
    """Floating-point operations a second that the device reaches in products of matrices of so many rows."""
    matrix = torch.randn(side, side, device=device, dtype=torch.bfloat16 if half else torch.float32)
    seconds = list[float]()
    for _ in range(6):
        begun = now(device)
        for _ in range(10):
            torch.mm(matrix, matrix)
        seconds.append((now(device) - begun) / 10)
    return 2 * side**3 / min(seconds[1:])
