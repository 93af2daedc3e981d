"""The pages of the catalogue, read from what is registered."""

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Lt
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from project.config import docs
from project.config.entry import Origin, origin
from project.config.group import Default, Group
from project.config.refs import path_of
from project.config.root import annotations, presets, root_class, slots, starts
from project.config.signature import EMPTY, VARIADIC, hint, name, parameters
from project.config.sources import changes
from project.config.tree import typed
from project.config.validate import written
from project.config.values import encode, is_union
from project.manual.pages import GroupPage, OptionPage, Pages, ParameterPage, PresetPage


def gather() -> Pages:
    """Read the pages from the catalogue as it is registered."""
    config = root_class()
    groups = [_group(group, starts()[field]) for field, group in slots().items()]
    plain = {field: start for field, start in starts().items() if not isinstance(start, Default)}
    meanings = docs.meanings(config)
    fields = [
        ParameterPage(field, _type(annotations()[field]), _value(encode(start)), True, meanings.get(field, ""))
        for field, start in plain.items()
    ]
    named = {
        group: tuple(PresetPage(it, tuple(_changes(group, it))) for it in known) for group, known in presets().items()
    }
    return Pages(docs.summary(config), tuple(groups), named, tuple(fields))


def _group(group: Group[Any], start: Default) -> GroupPage:
    options = [_option(option, config) for option, config in group.options.items()]
    return GroupPage(group.group, group.many, written(group.kind), start.options, tuple(options))


def _option(option: str, config: Any) -> OptionPage:
    found = origin(config)
    assert found  # the group has seen to it
    known = list(parameters(found.target).values())[found.partial :]
    meanings = docs.meanings(found.target)
    taken = [
        ParameterPage(
            name=parameter.name,
            type=_type(hint(parameter)),
            value=_configured(config, parameter),
            configured=parameter.name in found.given,
            meaning=meanings.get(parameter.name, ""),
        )
        for parameter in known
        if parameter.kind not in VARIADIC
    ]
    return OptionPage(option, name(found.target), _site(found.target), docs.summary(found.target), tuple(taken))


def _configured(config: Any, parameter: inspect.Parameter) -> str:
    if hasattr(config, parameter.name):
        return _value(getattr(config, parameter.name))
    return "" if parameter.default is EMPTY else repr(parameter.default)


def _value(value: Any) -> str:
    """A value as it would be typed; the path of what it refers to; the name of a component."""
    if (found := origin(value)) is not None:
        return name(found.target)
    if path := path_of(value):
        return f"← {path}"
    if dataclasses.is_dataclass(value):
        value = OmegaConf.structured(value)
    return typed(value)


def _site(target: Any) -> str:
    try:
        return f"{inspect.getsourcefile(target)}:{inspect.getsourcelines(target)[1]}"
    except (TypeError, OSError):
        return ""


def _changes(group: str, preset: str) -> Iterator[str]:
    choices, values = changes(group, preset)
    for slot, chosen in choices.items():
        said = [_choice(slot, option) for option in chosen]
        yield f"{slot}=[{','.join(said)}]" if slots()[slot].many else f"{slot}={said[0]}"
    for field, value in values.items():
        yield f"{field}={typed(value)}"


def _choice(slot: str, option: str) -> str:
    """An option by name; one that stands in a preset alone as the call it was written as."""
    if option in slots()[slot].options:
        return option
    node = ConfigStore.instance().load(f"{slot}/{option}.yaml").node
    found: Origin = OmegaConf.get_type(node).origin_of_entry  # type: ignore[union-attr]
    given = [f"{key}={_value(encode(value))}" for key, value in found.given.items()]
    return f"{name(found.target)}({', '.join(said for said in given if '←' not in said)})"


def _type(annotation: Any) -> str:
    """A type as a user would write it, with its bounds."""
    bounds = " and ".join(_bounds(annotation))
    return f"{written(annotation)} {bounds}".strip()


def _bounds(annotation: Any) -> Iterator[str]:
    if is_union(annotation):
        for member in get_args(annotation):
            yield from _bounds(member)
    if get_origin(annotation) is Annotated:
        yield from (said for bound in get_args(annotation)[1:] for said in _bound(bound))


def _bound(bound: Any) -> Iterator[str]:
    if isinstance(bound, Interval):
        for part in bound:
            yield from _bound(part)
    for kind, sign, limit in ((Ge, "≥", "ge"), (Gt, ">", "gt"), (Le, "≤", "le"), (Lt, "<", "lt")):
        if isinstance(bound, kind):
            yield f"{sign} {getattr(bound, limit)}"
