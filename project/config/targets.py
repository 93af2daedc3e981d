"""Which targets may be built: those that some `conf` call in Python has named, wherever a config comes from."""

import dataclasses
from typing import Any

from project.config.guards import is_dict, is_list, is_tuple
from project.config.signature import locate

GET_OBJECT = "hydra_zen.funcs.get_obj"
"""The target of a config that stands for an object itself, which its `path` names."""

named = {f"builtins.{kind}" for kind in ("tuple", "set", "frozenset", "dict")} | {"pathlib.Path", GET_OBJECT}
"""What `conf` calls have named, and what makes the values that YAML lacks."""


class ForbiddenError(ValueError):
    """A target that no `conf` call has named."""


def allow(entry: Any) -> None:
    """Allow every target inside a config that was written in Python."""
    named.update(_named(entry))


def allowed() -> frozenset[str]:
    """The dotted paths of everything that may be built."""
    return frozenset(named)


def find(path: Any) -> Any:
    """The object that `_target_: path` names, if it may be built.

    Raises:
        ForbiddenError: no `conf` call has named it. Nothing is imported, since importing runs code.
    """
    _authorize(path)
    return locate(path)


def refuse_strangers(container: Any) -> None:
    """Raise `ForbiddenError` on the first target inside plain data that may not be built."""
    for path in _named(container):
        _authorize(path)


def _authorize(path: Any) -> None:
    if not isinstance(path, str) or path not in named:
        raise ForbiddenError(f"'{path}' is no target of the catalogue; only what a conf(...) in Python names is built")


def _named(container: Any) -> list[Any]:
    """Every target inside plain data and configs, and every object that one stands for."""
    if dataclasses.is_dataclass(container):
        container = {field.name: getattr(container, field.name) for field in dataclasses.fields(container)}
    if is_list(container) or is_tuple(container):
        return [path for item in container for path in _named(item)]
    if not is_dict(container):
        return []
    here = [container["_target_"]] if "_target_" in container else []
    objects = [container.get("path")] if GET_OBJECT in here else []
    return [*here, *objects, *(path for item in container.values() for path in _named(item))]
