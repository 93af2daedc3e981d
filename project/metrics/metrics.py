"""A managed set of torchmetrics."""

from collections.abc import Iterator, Mapping
from typing import Literal, cast

import torch
from torch import Tensor
from torchmetrics import Metric

from .instances import Instances, State

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
        self._instances: dict[Phase, dict[int, Instances]] = {"train": {}, "val": {}, "test": {}}
        self._restored: dict[int, State] = {}

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
        instances.add(prediction.detach(), target, loss.detach())

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
            for name, result in instances.compute().items():
                values.update((f"{phase}/{key}{suffix}", value) for key, value in _scalars(name, result))
        return values

    def reset(self, phase: Phase) -> None:
        """Forget every batch of a phase."""
        self._instances[phase].clear()
        if phase == "train":
            self._restored.clear()

    def state(self) -> dict[int, State]:
        """What this process has seen of an epoch of training, as tensors and primitives, for each dataloader."""
        seen = {index: instances.state() for index, instances in self._instances["train"].items()}
        return {**self._restored, **seen}

    def restore(self, state: Mapping[int, State]) -> None:
        """Go on with the epoch of training that has come to `state`, as far as the metrics are the same."""
        self._instances["train"].clear()
        self._restored = dict(state)

    def _instantiate(self, device: torch.device) -> Instances:
        return Instances({name: metric.clone().to(device) for name, metric in self._templates.items()}, device)


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
