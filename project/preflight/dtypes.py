"""The dtypes that matrix products and convolutions refuse, which fake tensors let pass."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .batch import fakes

_aten = torch.ops.aten
_STRICT: set[object] = {
    _aten.mm.default,
    _aten.bmm.default,
    _aten.addmm.default,
    _aten.baddbmm.default,
    _aten.convolution.default,
}


class SameDtypes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises, as the real operation would, when its operands are of several dtypes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in _STRICT and len(found := {operand.dtype for operand in fakes(args)}) > 1:
            names = " and ".join(sorted(str(dtype).removeprefix("torch.") for dtype in found))
            raise RuntimeError(f"the operands of {func} must have one dtype, but are {names}")
        return func(*args, **(kwargs or {}))
