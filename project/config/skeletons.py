"""Configs of OmegaConf's, copied from an earlier one that had fields of the same types."""

import copy
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from omegaconf import OmegaConf, omegaconf
from omegaconf.errors import OmegaConfBaseException

_skeletons = dict[tuple[Any, ...], Any]()
"""The first config of each shape; its class keeps alive the types by whose identity it is found."""
_omegaconf: Any = omegaconf
_LEAVES = bool, int, float, str, bytes, type(None)


def structured(config: Any) -> Any:
    """What `OmegaConf.structured` makes of an instance of a dataclass.

    OmegaConf finds out for each config anew what kind of node each of its fields is. That is decided by the field's
    type, and by what kind of value it has where the type is `Any`; a plain value is set as the node's constructor does.
    """
    shape = _shape(config)
    if shape is None:
        return OmegaConf.structured(config)
    if shape not in _skeletons:
        _skeletons[shape] = OmegaConf.structured(config)
    made = copy.deepcopy(_skeletons[shape])
    made._metadata.object_type = type(config)
    try:
        _fill(made, config)
    except OmegaConfBaseException:  # a wrong value, of which OmegaConf says the field; or a frozen dataclass
        return OmegaConf.structured(config)
    return made


def _fill(made: Any, config: Any) -> None:
    content = made.__dict__["_content"]
    for name, node in content.items():
        value = getattr(config, name)
        if is_dataclass(value):
            content[name] = inside = structured(value)
            inside._set_key(name)
            inside._set_parent(made)
        elif isinstance(value, dict | list | tuple):
            known = node._metadata
            content[name] = _omegaconf._node_wrap(made, known.optional, value, name, known.ref_type)
        elif node.__dict__.get("_val", content) is not value:
            node._set_value(value)


def _shape(config: Any) -> tuple[Any, ...] | None:
    """What decides on the nodes of a config; None where that is more than fields of plain types."""
    if isinstance(config, type | dict):
        return None
    shape = list[Any]()
    for field in fields(config):
        held = _kind(getattr(config, field.name))
        if not held or field.metadata or not _is_plain(field.type) or (held == "config" and field.type is not Any):
            return None
        shape += field.name, id(field.type), held
    return tuple(shape)


def _kind(value: object) -> str:
    """What a value makes of a node by itself; empty where OmegaConf is to tell."""
    kind = type(value)
    if is_dataclass(value):
        return "config"
    if kind in (dict, list, tuple):
        return kind.__name__
    return "value" if kind in _LEAVES or isinstance(value, Enum | Path) else ""


def _is_plain(annotation: Any) -> bool:
    """Whether a type is the same in every module, as a text and a reference to what comes later are not."""
    return isinstance(annotation, type) or all(isinstance(part, type) for part in get_args(annotation) or [annotation])
