"""A module lent with other parameters and buffers, and given back as it was."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn.parameter import is_lazy


@contextmanager
def restored(module: nn.Module) -> Generator[None]:
    """Undo whatever happens to attributes, parameters, buffers, hooks and submodules."""
    snapshots = [(each, _snapshot(each)) for each in module.modules()]
    try:
        yield
    finally:
        for each, snapshot in snapshots:
            _restore(each, snapshot)


def replace(module: nn.Module, convert: Callable[[Tensor], Tensor]) -> None:
    """Put a conversion of each parameter and buffer in its place; what was shared stays shared."""
    converted: dict[int, Tensor] = {}
    for each in module.modules():
        for name, tensor in _registered(each):
            if id(tensor) not in converted:
                converted[id(tensor)] = _converted(tensor, convert)
            # Assigned rather than put into the dict, as recurrent layers keep a second list of their weights.
            setattr(each, name, converted[id(tensor)])


def has_lazy(module: nn.Module) -> bool:
    """Whether a layer waits for its first batch to learn its shape."""
    return any(is_lazy(tensor) for each in module.modules() for _, tensor in _registered(each))


def _registered(module: nn.Module) -> list[tuple[str, Tensor]]:
    own = [*module.named_parameters(recurse=False, remove_duplicate=False)]
    return [*own, *module.named_buffers(recurse=False, remove_duplicate=False)]


def _converted(tensor: Tensor, convert: Callable[[Tensor], Tensor]) -> Tensor:
    result = convert(tensor.detach())
    return Parameter(result, requires_grad=tensor.requires_grad) if isinstance(tensor, Parameter) else result


def _snapshot(module: nn.Module) -> dict[str, tuple[object, object]]:
    return {name: (value, _content(value)) for name, value in vars(module).items()}


def _content(value: object) -> object:
    if isinstance(value, dict):
        return dict(cast("dict[object, object]", value))
    return list(cast("list[object]", value)) if isinstance(value, list) else None


def _restore(module: nn.Module, snapshot: dict[str, tuple[object, object]]) -> None:
    attributes: dict[str, Any] = vars(module)
    for name in [name for name in attributes if name not in snapshot]:
        del attributes[name]
    for name, (value, content) in snapshot.items():
        attributes[name] = value
        if isinstance(value, dict):
            mapping = cast("dict[object, object]", value)
            mapping.clear()
            mapping.update(cast("dict[object, object]", content))
        elif isinstance(value, list):
            value[:] = cast("list[object]", content)
