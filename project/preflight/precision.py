"""Lightning's `precision`, as far as shapes, dtypes and sizes depend on it."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

T = TypeVar("T")

_TRUE = {
    "32": torch.float32,
    "32-true": torch.float32,
    "64": torch.float64,
    "64-true": torch.float64,
    "16-true": torch.float16,
    "bf16-true": torch.bfloat16,
}
_MIXED = {
    "16": torch.float16,
    "16-mixed": torch.float16,
    "bf16": torch.bfloat16,
    "bf16-mixed": torch.bfloat16,
}


@dataclass(frozen=True)
class Precision:
    """How a run stores its numbers and how it computes with them.

    Attributes:
        stored: dtype of parameters, buffers and inputs.
        mixed: dtype that autocast computes in, or None without autocast. It is torch's autocast for the CPU, whose list
            of operations is shorter than CUDA's.

    """

    stored: torch.dtype = torch.float32
    mixed: torch.dtype | None = None

    @classmethod
    def of(cls, name: str | int | None) -> "Precision | None":
        """The precision that Lightning calls so, or None for one that is not known here."""
        key = "32-true" if name is None else str(name)
        if key in _MIXED:
            return cls(mixed=_MIXED[key])
        return cls(stored=_TRUE[key]) if key in _TRUE else None

    def store(self, values: T) -> T:
        """Cast whatever is a float32 tensor; as in Lightning, integers stay as they are."""
        if self.stored == torch.float32:
            return values
        converted: T = tree_map_only(Tensor, self._cast, values)
        return converted

    @contextmanager
    def compute(self) -> Generator[None]:
        """Autocast, and the default dtype that Lightning sets while a step runs."""
        before = torch.get_default_dtype()
        torch.set_default_dtype(self.stored)
        try:
            with nullcontext() if self.mixed is None else torch.autocast("cpu", self.mixed):
                yield
        finally:
            torch.set_default_dtype(before)

    def _cast(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.stored) if tensor.is_floating_point() else tensor
