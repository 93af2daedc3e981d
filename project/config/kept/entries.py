"""Configs of the ConfigStore as plain data, and back: dataclasses with the fields that OmegaConf checks."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

from hydra.core.config_store import ConfigNode
from omegaconf import DictConfig, ListConfig, OmegaConf

from project.config.entry import Origin
from project.config.guards import is_dict
from project.config.kept.annotations import plain
from project.config.kept.stand_ins import StandIns
from project.config.signature import locate
from project.problem import Site

_PLAIN = bool, int, float, str, type(None)


class UnkeptError(TypeError):
    """A config that holds something else than plain data."""


def nodes_of(repo: Any, path: str = "") -> Iterator[tuple[str, ConfigNode]]:
    """Everything in a store, by its path."""
    for key, node in repo.items():
        if isinstance(node, dict):
            yield from nodes_of(node, f"{path}{key}/")
        else:
            yield f"{path}{key}", node


def written(given: Any, known: Callable[[type], str]) -> Any:
    """A node of a composed config, or of the store, as plain data."""
    node: Any = given
    if not isinstance(given, DictConfig | ListConfig) or _has_no_items(node):
        value: Any = node._value()
        value = value._value() if OmegaConf.is_config(value) or hasattr(value, "_value") else value  # in a union
        if type(value) not in _PLAIN:
            raise UnkeptError(value)
        return value
    if isinstance(given, ListConfig):
        return {"items": [written(node._get_node(index), known) for index in range(len(node))]}
    if any(type(key) is not str for key in node):
        raise UnkeptError(node)
    items = {str(key): written(node._get_node(key), known) for key in node}
    kind = OmegaConf.get_type(node)
    if not dataclasses.is_dataclass(kind):
        return {"dict": items}
    hints, found = get_type_hints(kind), getattr(kind, "origin_of_entry", None)
    return {
        "name": kind.__name__,
        "fields": {key: [plain(hints[key], known), item] for key, item in items.items()},
        "origin": _origin(found) if isinstance(found, Origin) else None,
    }


def _has_no_items(node: Any) -> bool:
    return bool(node._is_none() or node._is_missing() or node._is_interpolation())


def made(kept: Any, known: StandIns) -> Any:
    """What `written` was given, of stand-ins: plain values, and instances of dataclasses."""
    if not is_dict(kept):
        return kept
    if "items" in kept:
        return [made(item, known) for item in kept["items"]]
    if "dict" in kept:
        return {key: made(item, known) for key, item in kept["dict"].items()}
    values = {key: made(item, known) for key, (_, item) in kept["fields"].items()}
    contents = {"__annotations__": {key: known.meant(hint) for key, (hint, _) in kept["fields"].items()}}
    kind: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(type(kept["name"], (), contents))
    if (found := kept["origin"]) is not None:
        given, target = dict.fromkeys(found["given"]), locate(values["_target_"])
        kind.origin_of_entry = Origin(Site(*found["site"]), target, found["partial"], given, (), {})
    entry: Any = object.__new__(kind)
    entry.__dict__.update(values)
    return entry


def _origin(found: Origin) -> dict[str, Any]:
    site = [found.site.file, found.site.line]
    return {"site": site, "partial": found.partial, "given": list(found.given)}
