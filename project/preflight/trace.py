"""Where in the loop something fails."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, nn

from .batch import tensors

_PARTS = ("loss", "optimizer", "scheduler")
"""Attributes of a loop that are called like functions."""


@dataclass(frozen=True)
class Place:
    """A component, and the layer within it if there is one."""

    component: str
    layer: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suspicion:
    """An exception, and where it came from; whether it is the user's mistake is judged later.

    Attributes:
        place: where.
        error: what.
        on_samples: whether the values were made up, so that nothing follows if true ones are fine.

    """

    place: Place
    error: Exception
    on_samples: bool = False


class Trace:
    """Keeps the stack of modules being called, which an exception leaves as it was when it rose."""

    def __init__(self) -> None:
        self.suspicions: list[Suspicion] = []
        self._stack: list[Place] = []

    @contextmanager
    def attempt(self, component: str) -> Generator[None]:
        """Note down what fails inside instead of raising it, at the innermost place entered."""
        depth = len(self._stack)
        self._stack.append(Place(component))
        try:
            yield
        except Exception as error:
            self.suspect(error)
        finally:
            del self._stack[depth:]

    @contextmanager
    def inside(self, place: Place) -> Generator[None]:
        """Enter a place, and leave it only if nothing fails."""
        self._stack.append(place)
        depth = len(self._stack)
        yield
        del self._stack[depth - 1 :]

    def suspect(self, error: Exception, place: Place | None = None, *, on_samples: bool = False) -> None:
        """Note down an exception, at the innermost place entered unless told where."""
        self.suspicions.append(Suspicion(place or self._stack[-1], error, on_samples))

    @property
    def component(self) -> str:
        """The component being called."""
        return self._stack[-1].component

    def follow(self, loop: nn.Module) -> None:
        """Put hooks on every module of the loop and on its loss, optimizer and scheduler."""
        for name, module in cast("Iterator[tuple[str, nn.Module]]", loop.named_modules()):
            if module is not loop:
                self._hook(name, module)
        for part in _PARTS:
            value = vars(loop).get(part)
            if callable(value):
                setattr(loop, part, _Part(part, value, self))

    def _hook(self, name: str, module: nn.Module) -> None:
        kind = type(module).__name__
        component = "loss" if kind.endswith("Loss") or name.partition(".")[0] == "loss" else "model"
        layer = f"{name} ({kind})"

        def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            self._stack.append(Place(component, layer, described((args, kwargs))))

        def leave(_: nn.Module, args: object, output: object) -> None:
            # What a caller caught is still on top.
            while self._stack and self._stack.pop().layer != layer:
                pass

        try:
            module.register_forward_pre_hook(enter, with_kwargs=True)
            module.register_forward_hook(leave)
        except RuntimeError:  # a ScriptModule takes no hooks; its caller's name has to do
            return


class _Part:
    """A callable attribute of a loop, followed."""

    def __init__(self, component: str, call: Callable[..., object], trace: Trace) -> None:
        self._component = component
        self._call = call
        self._trace = trace

    def __call__(self, *args: object, **kwargs: object) -> object:
        with self._trace.inside(Place(self._component, "", described((args, kwargs)))):
            return self._call(*args, **kwargs)

    def __getattr__(self, name: str) -> object:
        return getattr(self._call, name)


def described(values: object) -> tuple[str, ...]:
    """Shape and dtype of every tensor, such as `(64, 10) float32`."""
    return tuple(_described(value) for value in tensors(values))


def _described(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
