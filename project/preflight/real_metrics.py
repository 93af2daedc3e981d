"""torchmetrics on small real tensors, since they look at values."""

import functools
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn
from torchmetrics import Metric

from .samples import Samples
from .trace import Place, Trace, described

_NAME = "preflight_name"
_DEPTH = 3
"""How far plain objects of a loop are searched: an object, its dict, the metrics in there."""

Method = Callable[..., Any]


@contextmanager
def real_metrics(loop: nn.Module, samples: Samples, trace: Trace) -> Generator[None]:
    """Inside, metrics are updated with samples, and one that fails is noted down and does not stop the step."""
    named = list(_named(loop))
    guard = _Guard(samples, trace)
    for name, metric in named:
        # A plain attribute, since it goes along when the metric is cloned.
        own: dict[str, Any] = vars(metric)
        own[_NAME] = name
        own.update(update=guard.update(metric, own["update"]), compute=guard.compute(metric, own["compute"]))
    try:
        with _from_now_on(guard):
            yield
    finally:
        for _, metric in named:
            del vars(metric)[_NAME]
            metric.__setstate__(metric.__getstate__())


@contextmanager
def _from_now_on(guard: "_Guard") -> Generator[None]:
    """Guard the metrics that are made or cloned inside, too."""
    base: Any = Metric
    wrap_update, wrap_compute = base._wrap_update, base._wrap_compute

    def guarded_update(metric: Metric, update: Method) -> Method:
        return guard.update(metric, wrap_update(metric, update))

    def guarded_compute(metric: Metric, compute: Method) -> Method:
        return guard.compute(metric, wrap_compute(metric, compute))

    base._wrap_update, base._wrap_compute = guarded_update, guarded_compute
    try:
        yield
    finally:
        base._wrap_update, base._wrap_compute = wrap_update, wrap_compute


class _Guard:
    def __init__(self, samples: Samples, trace: Trace) -> None:
        self._samples = samples
        self._trace = trace
        self._failed: list[Metric] = []

    def update(self, metric: Metric, update: Method) -> Method:
        @functools.wraps(update)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                with torch.no_grad():
                    update(*self._samples(args), **self._samples(kwargs))
            except Exception as error:
                self._fail(metric, error, described((args, kwargs)))

        return guarded

    def compute(self, metric: Metric, compute: Method) -> Method:
        @functools.wraps(compute)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if any(metric is failed for failed in self._failed):
                return torch.tensor(0.0)
            try:
                return compute(*args, **kwargs)
            except Exception as error:
                self._fail(metric, error, ())
                return torch.tensor(0.0)

        return guarded

    def _fail(self, metric: Metric, error: Exception, inputs: tuple[str, ...]) -> None:
        self._failed.append(metric)
        name = vars(metric).get(_NAME, f"metrics.{type(metric).__name__}")
        self._trace.suspect(error, Place(name, f"{name} ({type(metric).__name__})", inputs), on_samples=True)


def _named(loop: nn.Module) -> Iterator[tuple[str, Metric]]:
    """Every metric, registered or kept in an attribute, with its component's name."""
    for path, module in cast("Iterator[tuple[str, nn.Module]]", loop.named_modules()):
        if isinstance(module, Metric):
            yield _component(path), module
    for attribute, value in vars(loop).items():
        if attribute != "_modules":
            yield from ((_component(path), metric) for path, metric in _search(attribute, value, _DEPTH))


def _component(path: str) -> str:
    return path if path.startswith("metrics") else f"metrics.{path}"


def _search(path: str, value: object, depth: int) -> Iterator[tuple[str, Metric]]:
    if isinstance(value, Metric):
        yield path, value
    elif depth and isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            yield from _search(f"{path}.{key}", item, depth - 1)
    elif depth and isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _search(f"{path}.{index}", item, depth - 1)
    elif depth and hasattr(value, "__dict__") and not isinstance(value, nn.Module | type):
        for name, item in vars(value).items():
            yield from _search(path if name.startswith("_") else f"{path}.{name}", item, depth - 1)
