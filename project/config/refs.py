"""References from one part of a config to another, checked like attribute access."""

import inspect
import re
from typing import Any, TypeVar, cast, get_type_hints

from omegaconf import DictConfig, OmegaConf

from project.config.guards import is_tuple
from project.config.hydras import register_resolver
from project.config.nodes import has
from project.config.signature import name, parameters
from project.config.targets import find
from project.problem import did_you_mean

Fields = TypeVar("Fields")


def refs(fields: type[Fields], /) -> Fields:
    """A stand-in for the composed config: `cfg.model` becomes the interpolation `${model}`.

    `fields` lists what may be referred to, annotated with its type. `cfg.datamodule.num_classes` resolves to the
    value configured under that name or, when there is none, to the class attribute of the chosen component; a property
    is computed from values and class attributes alike.

    Raises:
        AttributeError: on an attribute that `fields`, or the class it names, does not have.
    """
    return cast(Fields, _Root(fields))


def path_of(value: object) -> str | None:
    """The path of a text that is an interpolation as a whole; None of any other."""
    whole = re.fullmatch(r"\$\{(?:ref:)?([\w.]+)\}", value) if isinstance(value, str) else None
    return whole and whole[1]


class Ref:
    """A dotted path into the composed config, written as an interpolation."""

    def __init__(self, path: str, kind: Any) -> None:
        self._path = path
        self._kind = kind

    def __getattr__(self, attribute: str) -> "Ref":
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        known = _attributes(self._kind)
        if attribute not in known:
            what = f"{name(self._kind)} has neither a parameter nor a class attribute '{attribute}'."
            raise AttributeError(f"{what} {did_you_mean(attribute, known)}")
        return Ref(f"{self._path}.{attribute}", known[attribute])

    def __str__(self) -> str:
        """The interpolation, so that `f"{cfg.output_dir}/checkpoints"` works."""
        return f"${{ref:{self._path}}}" if "." in self._path else f"${{{self._path}}}"

    def __repr__(self) -> str:
        return f"<reference {self}>"


class _Root:
    def __init__(self, fields: type) -> None:
        self._kinds = get_type_hints(fields, include_extras=True)
        self._name = fields.__name__

    def __getattr__(self, attribute: str) -> Ref:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if attribute not in self._kinds:
            raise AttributeError(f"{self._name} has no field '{attribute}'. {did_you_mean(attribute, self._kinds)}")
        return Ref(attribute, self._kinds[attribute])


def _attributes(kind: Any) -> dict[str, Any]:
    """What may follow a dot after a component of class `kind`: its parameters and its class attributes."""
    if not isinstance(kind, type):
        return {}
    public = {key: Any for key in dir(kind) if not key.startswith("_")}
    annotated = {key: value for base in reversed(kind.__mro__) for key, value in inspect.get_annotations(base).items()}
    return public | annotated | {key: parameter.annotation for key, parameter in parameters(kind).items()}


def _resolve(path: str, *, _root_: DictConfig) -> Any:
    """The value at `path`, or the class attribute of the component that lacks it."""
    parent, _, attribute = path.rpartition(".")
    component: Any = OmegaConf.select(_root_, parent)
    if not isinstance(component, DictConfig) or attribute in component.keys():  # noqa: SIM118  (see `has`)
        return OmegaConf.select(_root_, path, throw_on_missing=True)
    if not has(component, "_target_"):
        raise ValueError(f"'{parent}' has no '{attribute}'")
    target = find(component["_target_"])
    try:
        found = fact(component, target, attribute, {})
    except AttributeError:
        found = None
    if found is None or callable(found):
        raise ValueError(f"{name(target)} ('{parent}') has neither a parameter nor a class attribute '{attribute}'")
    return [*found] if is_tuple(found) else found


def fact(component: DictConfig, target: Any, attribute: str, read: dict[str, Any]) -> Any:
    """What the class of a component says under a name.

    A property of the class is computed from the configured values and from other facts: an image's size from its
    height and width, wherever they are given.

    Args:
        component: the config.
        target: its class.
        attribute: the name.
        read: takes the configured values that it depends on.

    Raises:
        AttributeError: it says nothing.
    """
    return getattr(_Unbuilt(component, target, read), attribute)


class _Unbuilt:
    """A component as far as it is known before it is built: its configured values, and the facts of its class."""

    def __init__(self, component: DictConfig, target: Any, read: dict[str, Any]) -> None:
        self._component = component
        self._target = target
        self._read = read

    def __getattr__(self, attribute: str) -> Any:
        if has(self._component, attribute):
            value = self._read[attribute] = self._component[attribute]
            return value
        found: Any = inspect.getattr_static(self._target, attribute, None)
        return found.__get__(self, self._target) if isinstance(found, property) else getattr(self._target, attribute)


register_resolver("ref", _resolve, replace=True)
