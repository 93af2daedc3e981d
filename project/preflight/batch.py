"""The batch that goes through the loop: a fake one of full size, a real one of few examples."""

from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._pytree import tree_leaves, tree_map_only

_FEW = 500_000
"""Numbers in the inputs that a CPU handles at once."""


@runtime_checkable
class DeclaresBatch(Protocol):
    """A datamodule that knows its batches without loading any data."""

    def example_batch(self, batch_size: int | None = None) -> object:
        """A batch as the model sees it, with `batch_size` examples instead of the datamodule's own number.

        Its first tensor has the batch as its first dimension.
        """
        ...


@dataclass(frozen=True)
class Batch:
    """One declared batch.

    Attributes:
        fake: as large as the datamodule says, without memory.
        real: the same of `rows` examples.
        size: examples in `fake`.
        rows: examples in `real`, as many as are cheap to compute with.

    """

    fake: object
    real: object
    size: int
    rows: int


def declared(datamodule: object, mode: FakeTensorMode) -> Batch:
    """Ask for the batch.

    Raises:
        TypeError: if the datamodule declares none; and whatever its declaration raises.

    """
    if not isinstance(datamodule, DeclaresBatch):
        raise TypeError("it has no method `example_batch(batch_size)`")
    fake = _fake(datamodule, mode)
    first = tensors(fake)[0]
    size = len(first)
    rows = min(size, max(2, _FEW * size // max(1, first.numel())))
    return Batch(fake=fake, real=datamodule.example_batch(rows), size=size, rows=rows)


def tensors(values: object) -> list[Tensor]:
    """All tensors in nested tuples, lists and dicts."""
    return [leaf for leaf in cast("list[object]", tree_leaves(values)) if isinstance(leaf, Tensor)]


def fakes(values: object) -> list[FakeTensor]:
    """All fake tensors in nested tuples, lists and dicts."""
    return [leaf for leaf in cast("list[object]", tree_leaves(values)) if isinstance(leaf, FakeTensor)]


def _fake(datamodule: DeclaresBatch, mode: FakeTensorMode) -> object:
    try:
        with mode:
            return datamodule.example_batch()
    except Exception:  # a declaration that computes values is made for real
        return tree_map_only(torch.Tensor, mode.from_tensor, datamodule.example_batch())
