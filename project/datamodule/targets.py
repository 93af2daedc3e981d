"""What the targets of a dataset look like, by its task; the names of the tasks are torchmetrics'.

| task | targets of B examples | values |
| --- | --- | --- |
| multiclass | (B,) int64 | 0 .. K-1, the one class of each |
| binary | (B, 1) int64 | 0 or 1 |
| multilabel | (B, K) int64 | 0 or 1 for each of K labels |
| regression | (B, 1) float32 | any number |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import torch
from torch import Tensor

Task = Literal["multiclass", "binary", "multilabel", "regression"]


@dataclass(frozen=True)
class Targets:
    """The targets of one dataset.

    Attributes:
        task: a row of the table above.
        num_classes: K, the number of classes or of labels; 2 in a binary task and 0 in regression.
    """

    task: Task
    num_classes: int

    @property
    def output_dim(self) -> int:
        """How many numbers a model gives for one example."""
        return self.num_classes if self.task in ("multiclass", "multilabel") else 1

    @property
    def dtype(self) -> torch.dtype:
        """Of every batch of targets."""
        return torch.float32 if self.task == "regression" else torch.int64

    def shape(self, size: int) -> tuple[int, ...]:
        """Of the targets of `size` examples."""
        return (size,) if self.task == "multiclass" else (size, self.output_dim)

    def of(self, values: Sequence[Any]) -> Tensor:
        """A batch out of the targets of single examples: numbers, or tensors of any shape with as many numbers.

        Raises:
            ValueError: a target that the task does not have.
        """
        stacked, shape = torch.stack([torch.as_tensor(value) for value in values]), self.shape(len(values))
        if stacked.numel() != prod(shape):
            raise ValueError(f"targets of {tuple(stacked.shape[1:])} where {prod(shape[1:])} numbers belong")
        if stacked.is_floating_point() and self.task != "regression":
            raise ValueError(f"targets of {stacked.dtype}, not {self.dtype}")
        targets = stacked.reshape(shape).to(self.dtype)
        if problem := self.problem(targets):
            raise ValueError(problem)
        return targets

    def problem(self, targets: Tensor) -> str | None:
        """What is wrong with the values of `targets`, whose shape and dtype are right."""
        if self.task == "regression":
            return None if targets.isfinite().all() else "targets that are not finite"
        low, high = targets.aminmax()
        most = self.num_classes - 1 if self.task == "multiclass" else 1
        return f"labels from {low} to {high}, not in 0 .. {most}" if low < 0 or high > most else None

    def example(self, size: int) -> Tensor:
        """Targets made of the facts alone: labels from the last class down, each label both 0 and 1, noise."""
        if self.task == "regression":
            return torch.randn(self.shape(size))
        down = self.num_classes - 1 - torch.arange(size)
        if self.task == "multiclass":
            return down % self.num_classes
        return (down.unsqueeze(1) + torch.arange(self.output_dim)) % 2
