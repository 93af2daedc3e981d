"""Small real tensors in place of fake ones, for code that looks at values."""

from typing import TypeVar, cast

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._pytree import tree_map_only

from .batch import Batch, fakes, tensors

T = TypeVar("T")


class Samples:
    """Turns fake tensors into real ones of the same dtype and shape, but with few examples.

    Tensors of the batch keep their declared values, so that labels are labels. Other floats are between 0 and 1, which
    suits logits and probabilities alike, and other integers are 0.
    """

    def __init__(self, batch: Batch | None) -> None:
        self._size, self._rows = (batch.size, batch.rows) if batch else (0, 0)
        pairs = zip(tensors(batch.fake), tensors(batch.real), strict=False) if batch else ()
        self._declared = {id(fake): (fake, real) for fake, real in pairs}

    def __call__(self, values: T) -> T:
        """Replace every fake tensor in nested tuples, lists and dicts."""
        if not fakes(values):
            return values
        return cast("T", tree_map_only(FakeTensor, self._real, values))

    def _real(self, fake: FakeTensor) -> Tensor:
        if id(fake) in self._declared:
            return self._declared[id(fake)][1]
        shape = list(fake.shape)
        if shape and shape[0] == self._size:
            shape[0] = self._rows
        if not fake.is_floating_point():
            return torch.zeros(shape, dtype=fake.dtype)
        return torch.rand(shape).to(fake.dtype).requires_grad_(fake.requires_grad)
