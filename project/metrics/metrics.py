"""A managed set of torchmetrics."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric

# B = batch, K = classes

Phase = Literal["train", "val", "test"]


class Metrics:
    """Named metrics and the mean loss, with instances of their own for every phase and dataloader.

    The metrics given are templates: clones are made when the first batch arrives, on its device, and dropped by
    `reset`, so nothing leaks from one phase or epoch to the next. This is no `nn.Module`: no state of a metric enters
    a checkpoint, and a checkpoint still loads when the metrics change.

    torchmetrics' MetricCollection is not used, as its compute groups merge metrics whose states agree after one batch:
    right for accuracy and F1, silently wrong for two thresholds.

    Args:
        metrics: a metric for each name. `loss` is taken.

    Raises:
        ValueError: if a metric is called `loss`.

    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        if "loss" in metrics:
            raise ValueError("metrics: 'loss' is the name of the mean loss, which is always there; rename the metric.")
        self._templates = dict(metrics)
        self._instances: dict[Phase, dict[int, _Instances]] = {"train": {}, "val": {}, "test": {}}
        self._restored: dict[int, _State] = {}

    def update(self, phase: Phase, prediction: Tensor, target: Tensor, loss: Tensor, dataloader_idx: int = 0) -> None:
        """Add one batch, with no value computed and nothing copied off the device.

        Args:
            phase: which instances to add to.
            prediction: the model's output, (B, K) for classifiers.
            target: what it should have been, (B,) for classifiers.
            loss: mean over the batch; it is weighted by B.
            dataloader_idx: index of the dataloader that the batch came from.

        """
        instances = self._instances[phase].get(dataloader_idx)
        if instances is None:
            instances = self._instances[phase][dataloader_idx] = self._instantiate(target.device)
            if phase == "train" and (state := self._restored.pop(dataloader_idx, None)) is not None:
                instances.restore(state)
        # B equal values, as `nan_strategy="disable"` overwrites a weight by ones (torchmetrics issue 3434).
        instances.loss.update(loss.expand(len(target)))
        prediction, target = _exact(prediction.detach()), _exact(target)
        for metric in instances.metrics.values():
            metric.update(prediction, target)

    def compute(self, phase: Phase) -> dict[str, Tensor]:
        """Values over all batches since the last reset, and over all ranks, each of which must call this.

        Names are `val/accuracy`, and `val/accuracy/dataloader_idx_1` for the second dataloader. A metric of one value
        per class gives `val/accuracy/0`, `val/accuracy/1` and so on, one that returns a dict `val/rouge/precision`.

        Raises:
            ValueError: if a metric returns something else, such as a matrix or a curve.

        """
        values: dict[str, Tensor] = {}
        for index, instances in sorted(self._instances[phase].items()):
            suffix = f"/dataloader_idx_{index}" if index else ""
            results = {name: metric.compute() for name, metric in instances.metrics.items()}
            for name, result in {"loss": instances.loss.compute(), **results}.items():
                values.update((f"{phase}/{key}{suffix}", value) for key, value in _scalars(name, result))
        return values

    def reset(self, phase: Phase) -> None:
        """Forget every batch of a phase."""
        self._instances[phase].clear()
        if phase == "train":
            self._restored.clear()

    def state(self) -> "dict[int, _State]":
        """What this process has seen of an epoch of training, as tensors and primitives, for each dataloader."""
        seen = {index: instances.state() for index, instances in self._instances["train"].items()}
        return {**self._restored, **seen}

    def restore(self, state: "Mapping[int, _State]") -> None:
        """Go on with the epoch of training that has come to `state`, as far as the metrics are the same."""
        self._instances["train"].clear()
        self._restored = dict(state)

    def _instantiate(self, device: torch.device) -> "_Instances":
        # Unlike "warn", "disable" lets a NaN show in the mean, and needs no synchronization with a GPU to look for it.
        loss = MeanMetric(nan_strategy="disable").to(device)
        return _Instances(loss, {name: metric.clone().to(device) for name, metric in self._templates.items()})


def _exact(values: Tensor) -> Tensor:
    """Half precision is for the step; a sum over an epoch, and torchmetrics keeps some in its input's, needs more."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


_State = dict[str, list[dict[str, Any]]]
"""By the name of a metric, of it and of each metric inside it, what it has summed up."""


class _Updated(Protocol):
    """What is used of a Metric, which torchmetrics types as callables of anything."""

    def update(self, prediction: Tensor, target: Tensor, /) -> None: ...
    def compute(self) -> object: ...
    def modules(self) -> Iterator[nn.Module]: ...


class _Instances(NamedTuple):
    loss: MeanMetric
    metrics: dict[str, _Updated]

    def state(self) -> _State:
        return {
            name: [{"updates": part.update_count, **part.metric_state} for part in parts]
            for name, parts in self._parts().items()
        }

    def restore(self, state: _State) -> None:
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


def _moved(value: Tensor | list[Tensor], device: torch.device) -> Tensor | list[Tensor]:
    return [item.to(device) for item in value] if isinstance(value, list) else value.to(device)


def _scalars(name: str, value: object) -> Iterator[tuple[str, Tensor]]:
    match value:
        case Tensor(ndim=0):
            # Loggers take no integers, such as counts.
            yield name, value if value.is_floating_point() else value.float()
        case Tensor(ndim=1):
            for index, item in enumerate(value):
                yield from _scalars(f"{name}/{index}", item)
        case dict():
            for key, item in cast("dict[str, object]", value).items():
                yield from _scalars(f"{name}/{key}", item)
        case _:
            what = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
            raise ValueError(
                f"metrics.{name} returns {what}; it must return a scalar, one value per class, or a dict of these. "
                "Compute and draw matrices and curves in a callback."
            )
