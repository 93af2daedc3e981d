"""What a step on fake tensors would have taken."""

import weakref
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .batch import fakes


class Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes alive, from the storages that operations on fake tensors make and drop."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
        self.live = self.peak = 0
        self._storages: dict[int, weakref.ref[object]] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in fakes(result):
            self.watch(tensor)
        return result

    def watch(self, tensor: Tensor) -> None:
        """Count a tensor's storage for as long as it lives."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()  # pyright: ignore[reportPrivateUsage]  # mem_tracker does so, too
        if key in self._storages:
            return

        def gone(_: object) -> None:
            self._storages.pop(key, None)
            self.live -= size

        self._storages[key] = weakref.ref(storage, gone)
        self.live += size
        self.peak = max(self.peak, self.live)


def size(tensors: list[Tensor]) -> int:
    """Bytes of the numbers in tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
