"""Modules that others import and a run seldom needs: their code runs when something of theirs is first asked for.

A run compiles nothing, unless it is told to, and draws when an epoch is over. But torchvision, Lightning and
torchmetrics import torch's compiler, with sympy and Triton, and pyplot: a third of what there is to import.
"""

import functools
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pkgutil import resolve_name
from threading import RLock
from types import FunctionType, ModuleType
from typing import Any

COMPILER, TRITON = "torch._dynamo", "triton"
DEFERRED = {
    COMPILER: ("OptimizedModule",),
    f"{COMPILER}.utils": ("is_compile_supported",),
    TRITON: (),
    f"{TRITON}.runtime": (),
    f"{TRITON}.runtime.jit": ("JITFunction",),
    "torch.distributed.fsdp": ("FSDPModule", "fully_shard", "register_fsdp_forward_method"),
    "torch.distributed.tensor": ("DTensor", "distribute_tensor"),
    "torchmetrics.utilities.plot": (
        *("_AX_TYPE", "_CMAP_TYPE", "_PLOT_OUT_TYPE"),
        *("plot_confusion_matrix", "plot_curve", "plot_single_or_multi_val"),
    ),
}
"""The modules, and what others take from each by `from ... import` when they are imported."""
ALONE = {f"{COMPILER}.config"}
"""Parts of them that need not the rest."""

_waiting = set[str]()
"""Those that have been imported and have not run."""
_lock = RLock()
_then: list[Callable[[], object]] = []
"""What to do when the compiler has run."""


def defer() -> None:
    """Put off, from now on, what is not imported yet."""
    sys.meta_path.insert(0, _Finder())


def settle() -> None:
    """Run what waits: once for all, before processes are forked."""
    for name in sorted(_waiting):
        _run(sys.modules[name])


@contextmanager
def with_compiler(hold: Callable[[], AbstractContextManager[object]]) -> Generator[None]:
    """Hold a context, as soon as torch's compiler has been imported."""
    with ExitStack() as stack:

        def enter() -> None:
            stack.enter_context(hold())

        if COMPILER in _waiting:
            _then.append(enter)
        else:
            enter()
        try:
            yield
        finally:
            if enter in _then:
                _then.remove(enter)


class _Deferred(ModuleType):
    """A module that has not run."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)  # whoever looks through all modules asks for these
        _run(self)
        return ModuleType.__getattribute__(self, name)


class _Name:
    """Something of a module that may not have run: to be called, looked into, derived from, or asked for instances."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._meant()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # annotations are looked into for these
        return getattr(self._meant(), name)

    def __instancecheck__(self, instance: object) -> bool:
        return self._module not in _waiting and isinstance(instance, self._meant())

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[Any]:
        return (self._meant(),)

    def __reduce__(self) -> tuple[Any, ...]:
        return resolve_name, (f"{self._module}:{self._name}",)

    def _meant(self) -> Any:
        return getattr(_ran(self._module), self._name)


class _Finder:
    """Finds the modules to put off, before anyone else does."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Of one of them; or of a part of one, which then has to run."""
        package = name.rpartition(".")[0]
        if name in DEFERRED:
            spec = PathFinder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                loader: Any = _Later(spec.loader)
                spec.loader = loader
            return spec
        if package in _waiting and name not in ALONE:
            _run(sys.modules[package])
            return _There.spec(sys.modules[name]) if name in sys.modules else None
        return None


class _Later:
    """Makes a module without running it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        module.__class__ = _Deferred
        vars(module).update(_answers(module.__name__))
        _waiting.add(module.__name__)


class _There:
    """Gives the module that its package has imported meanwhile, where Python would import it anew."""

    def __init__(self, module: ModuleType, loader: Any) -> None:
        self._module, self._loader = module, loader

    @classmethod
    def spec(cls, module: ModuleType) -> Any:
        spec: Any = module.__spec__
        spec.loader = cls(module, spec.loader)
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        spec: Any = module.__spec__
        spec.loader = self._loader


def _run(module: ModuleType) -> None:
    """Run a module that has not, in its place, after the packages that it is in."""
    name = module.__name__
    package = name.rpartition(".")[0]
    with _lock:
        if package in _waiting:
            _run(sys.modules[package])
        if name not in _waiting:
            return
        _waiting.remove(name)
        for each in _answers(name):
            vars(module).pop(each)
        spec: Any = module.__spec__
        spec.loader.exec_module(module)
        module.__class__ = ModuleType
        while name == COMPILER and _then:
            _then.pop()()


def _ran(name: str) -> Any:
    """The module of that name, which has run."""
    module = import_module(name)
    _run(module)
    return module


def _answers(module: str) -> dict[str, Any]:
    """What a module gives before it has run."""
    names = {name: _Name(module, name) for name in DEFERRED[module]}
    return names | {"disable": _disable, "graph_break": _graph_break} if module == COMPILER else names


def _graph_break(*given: Any, **named: Any) -> None:
    """Nothing before the compiler has been imported, since there are no graphs."""
    if COMPILER not in _waiting:
        import_module(COMPILER).graph_break(*given, **named)


def _disable(function: Any = None, *given: Any, **named: Any) -> Any:
    """Keep the compiler out of a function, as soon as there is one."""
    if COMPILER not in _waiting or not isinstance(function, FunctionType):
        return _ran(COMPILER).disable(function, *given, **named)
    chosen: list[Any] = [function]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return chosen[0](*args, **kwargs)

    def disable() -> None:
        chosen[0] = import_module(COMPILER).disable(function, *given, **named)
        vars(call).update(chosen[0].__dict__)  # by which the compiler knows it

    _then.append(disable)
    return call
