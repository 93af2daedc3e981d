"""The metrics and the mean loss of one pass over data."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Protocol, cast, final

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.classification import MulticlassConfusionMatrix, MulticlassStatScores
from torchmetrics.utilities import dim_zero_cat

from . import from_logits

# B = batch, K = classes, n = batches

State = dict[str, list[dict[str, Any]]]
"""By the name of a metric, of it and of each metric inside it, what it has summed up."""

_BATCHES = 256
_NUMBERS = 2**20
"""So many batches, or numbers in their predictions, wait for each other at most."""


@final
class MeanLoss(Metric):
    """The mean of the batches' mean losses, weighted by their sizes.

    Every loss is kept, and nothing computed before the mean is asked for: adding costs no operation, and how a run was
    cut up changes no bit of the sum.
    """

    losses: list[Tensor]
    sizes: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        untyped: Any = self  # torchmetrics leaves the types of a state open
        untyped.add_state("losses", [], dist_reduce_fx="cat")
        untyped.add_state("sizes", [], dist_reduce_fx="cat")

    def update(self, losses: Tensor, sizes: Tensor) -> None:
        """Add mean losses of (n,) over so many examples each."""
        self.losses.append(losses)
        self.sizes.append(sizes)

    def compute(self) -> Tensor:
        """The mean; a NaN shows in it."""
        losses, sizes = dim_zero_cat(self.losses), dim_zero_cat(self.sizes)
        return (losses * sizes).sum() / sizes.sum()


class _Updated(Protocol):
    """What is used of a Metric, which torchmetrics types as callables of anything."""

    def update(self, prediction: Tensor, target: Tensor, /) -> None: ...
    def compute(self) -> object: ...
    def modules(self) -> Iterator[nn.Module]: ...


@final
class Instances:
    """Metrics that are told of batches, most of them of several at once.

    An update of torchmetrics costs as much as a fifth of the training step of a small model, and hardly more for many
    examples than for few. Counts come out the same to the bit when batches are added together; other metrics, which
    may look at a batch as a whole or sum up fractions, are told of each by itself.

    Args:
        metrics: on the device of the batches.
        device: that.
    """

    def __init__(self, metrics: Mapping[str, Metric], device: torch.device) -> None:
        self.loss = MeanLoss().to(device)
        self.metrics = cast("dict[str, _Updated]", dict(metrics))
        self._counting = [self.metrics[name] for name, metric in metrics.items() if _counts(metric)]
        self._others = [self.metrics[name] for name, metric in metrics.items() if not _counts(metric)]
        self._losses = list[tuple[Tensor, int]]()
        self._waiting = list[tuple[Tensor, Tensor]]()
        self._numbers = 0

    def add(self, prediction: Tensor, target: Tensor, loss: Tensor) -> None:
        """Add a batch, with no value computed and nothing copied off the device."""
        self._losses.append((loss, target.shape[0]))
        for metric in self._others:
            metric.update(_exact(prediction), _exact(target))
        if self._counting:
            self._waiting.append((prediction, target))
            self._numbers += prediction.numel()
        if len(self._losses) >= _BATCHES or self._numbers >= _NUMBERS:
            self.settle()

    def compute(self) -> dict[str, object]:
        """What each metric makes of all batches of all ranks, the mean loss first."""
        self.settle()
        return {"loss": self.loss.compute(), **{name: metric.compute() for name, metric in self.metrics.items()}}

    def settle(self) -> None:
        """Let the metrics know of the batches that wait."""
        waiting, self._waiting, self._numbers = self._waiting, [], 0
        for _, alike in groupby(waiting, lambda batch: batch[0].shape[1:]):
            prediction, target = (_exact(torch.cat(parts)) for parts in zip(*alike, strict=True))
            for metric in self._counting:
                metric.update(prediction, target)
        if self._losses:
            losses, sizes = zip(*self._losses, strict=True)
            self._losses = []
            means = _exact(torch.stack(losses))
            self.loss.update(means, torch.tensor(sizes, dtype=means.dtype, device=means.device))

    def state(self) -> State:
        """What they have seen: tensors and primitives, the same however it was added."""
        self.settle()
        return {name: [_state(part) for part in parts] for name, parts in self._parts().items()}

    def restore(self, state: State) -> None:
        """Go on from there, as far as the metrics are the same."""
        for name, parts in self._parts().items():
            for part, kept in zip(parts, state.get(name, ()), strict=False):
                for key, value in kept.items():
                    if key != "updates":
                        setattr(part, key, _moved(value, part.device))
                # It has no public setter; a metric that was never updated warns when it is asked for its value.
                setattr(part, "_update_count", kept["updates"])  # noqa: B010

    def _parts(self) -> dict[str, list[Metric]]:
        """The metrics by name, each with those that it is made of."""
        return {
            name: [part for part in metric.modules() if isinstance(part, Metric)]
            for name, metric in {"loss": self.loss, **self.metrics}.items()
        }


def _exact(values: Tensor) -> Tensor:
    """Half precision is for the step; a sum over an epoch, and torchmetrics keeps some in its input's, needs more."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def _counts(metric: Metric) -> bool:
    """Whether it adds up what it counts of single examples."""
    kind: Any = type(metric)
    known = kind.update in (MulticlassStatScores.update, MulticlassConfusionMatrix.update)
    whole = [isinstance(value, Tensor) and not value.is_floating_point() for value in metric.metric_state.values()]
    return (known or kind.__module__ == from_logits.__name__) and all(whole)


def _state(part: Metric) -> dict[str, Any]:
    if isinstance(part, MeanLoss):
        state = {"losses": part.losses, "sizes": part.sizes}
        return {"updates": 1, **{name: [torch.cat(value)] if value else [] for name, value in state.items()}}
    return {"updates": int(part.update_called), **part.metric_state}


def _moved(value: Tensor | list[Tensor], device: torch.device) -> Tensor | list[Tensor]:
    return [item.to(device) for item in value] if isinstance(value, list) else value.to(device)
