"""Losses on small real tensors too, since labels and gradients show some mistakes only there."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from .batch import fakes
from .samples import Samples
from .trace import Place, Trace, described


class RealLosses(TorchFunctionMode):
    """Watches torch's losses: each fake call is repeated, with its backward pass, on samples.

    A label that the model has no output for, or a target dtype that only the backward pass refuses, is found so.
    """

    def __init__(self, samples: Samples, trace: Trace) -> None:
        super().__init__()
        self._samples = samples
        self._trace = trace

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if not _is_loss(func):
            return func(*args, **kwargs)
        if self._trace.component == "loop":
            with self._trace.inside(Place("loss", f"loss ({func.__name__})", described((args, kwargs)))):
                return self._both(func, args, kwargs)
        return self._both(func, args, kwargs)

    def _both(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = func(*args, **kwargs)
        if torch.is_grad_enabled() and fakes(result):
            try:
                self._real(func, args, kwargs)
            except Exception as error:
                self._trace.suspect(error, on_samples=True)
        return result

    def _real(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        real = func(*self._samples(args), **self._samples(kwargs))
        if isinstance(real, Tensor) and real.requires_grad:
            real.sum().backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]


def _is_loss(func: Callable[..., Any]) -> bool:
    name = getattr(func, "__name__", "")
    known = name.endswith("_loss") or "cross_entropy" in name
    return known and name != "ctc_loss" and getattr(func, "__module__", "") == "torch.nn.functional"
