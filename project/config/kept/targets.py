"""What the review of a config asks of classes and functions, written down as plain data."""

import enum
import inspect
from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter
from typing import Any

from project.config.component import definition, inherited
from project.config.kept.annotations import is_quick, path_to, plain
from project.config.kind import call_of
from project.config.signature import locate, parameters, signature

_PLAIN = bool, int, float, str, type(None)
_OWN_SCHEMA = "__get_pydantic_core_schema__", "__get_validators__", "__pydantic_serializer__"


class Targets:
    """Everything that is to be kept of targets, and of the classes that their annotations name."""

    def __init__(self) -> None:
        self.classes: dict[str, Any] = {}
        self.targets: dict[str, Any] = {}
        self.definitions: set[str] = set()

    def add(self, path: str) -> None:
        """Keep what is at a path: a target, or an object that a config stands for."""
        target = locate(path)
        if path in self.targets or is_quick(target if hasattr(target, "__module__") else type(target)):
            return
        if not isinstance(target, type) and not inspect.isroutine(target):
            self.targets[path] = {"instance": self.known(target.__class__)}
            return
        kept: dict[str, Any] = {"name": target.__qualname__, "module": target.__module__}
        self.targets[path] = kept
        if isinstance(target, type):
            kept["class"] = self.known(target)
            call = call_of(target)
            kept["call"] = None if call is None else [call.__name__, self.signature(call)]
        kept["signature"] = self.signature(target)
        swallows = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters(target).values())
        kept["inherited"] = [self._parameter(it) for it in inherited(target).values()] if swallows else []
        kept["requires"] = dict(getattr(target, "requires", {}))
        kept["unfit"] = hasattr(target, "unfit")
        kept["excludes"] = [self.known(kind) for kind in getattr(target, "excludes", ())]
        if (site := definition(target)) is not None:
            kept["definition"] = [site.file, site.line]
            self.definitions.add(site.file)

    def known(self, kind: Any) -> str:
        """Keep a class with its bases, and give its name."""
        path = path_to(kind)
        if path in self.classes:
            return path
        self.classes[path] = {}  # a base may name its own subclass
        protocol = bool(getattr(kind, "_is_protocol", False))
        unfit = type(kind) is enum.EnumMeta or any(hasattr(kind, name) for name in _OWN_SCHEMA)
        held: Any = (tuple, dict, list, str, int, float)
        unfit |= hasattr(kind, "__dataclass_fields__") or issubclass(kind, held)
        self.classes[path] = {
            "name": kind.__qualname__,
            "module": kind.__module__,
            "bases": [self._base(base) for base in kind.__bases__ if _counts(base)],
            "has": [name for name in vars(kind) if protocol or _is_special(name, vars(kind)[name])],
            "protocol": [protocol, bool(getattr(kind, "_is_runtime_protocol", False))],
            "unfit": unfit,
        }
        return path

    def signature(self, target: Callable[..., Any]) -> Any:
        """The parameters of a target, and what it returns."""
        try:
            returned = signature(target).return_annotation
        except ValueError:
            returned = inspect.Signature.empty
        return [[self._parameter(it) for it in parameters(target).values()], plain(returned, self.known)]

    def _parameter(self, parameter: Parameter) -> list[Any]:
        default, empty = parameter.default, parameter.default is Parameter.empty
        shown = None if empty else [default] if type(default) in _PLAIN else {"shown": repr(default)}
        return [parameter.name, int(parameter.kind), plain(parameter.annotation, self.known), shown]

    def _base(self, base: type) -> list[str]:
        return ["quick", path_to(base)] if is_quick(base) else ["class", self.known(base)]


def facts(target: Any, components: Iterable[Any], names: Iterable[str], read: Callable[..., Any]) -> Mapping[str, Any]:
    """What references to a component find in its class: of each name the values, each with the arguments that it is of.

    Args:
        target: a class.
        components: configs of it.
        names: that are referred to.
        read: gives the value of a name for a component, and notes which arguments it has looked at.
    """
    found: dict[str, Any] = {}
    for name in names:
        values = list[Any]()
        for component in components:
            looked_at = dict[str, Any]()
            try:
                value = read(component, target, name, looked_at)
            except Exception:  # noqa: S112  (asked again, it is the review that tells)
                continue
            if _is_plain(value) and all(map(_is_plain, looked_at.values())) and [looked_at, value] not in values:
                values.append([looked_at, value])
        if values:
            found[name] = values
    return found


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN or (type(value) in (list, tuple) and all(map(_is_plain, value)))


def _counts(base: type) -> bool:
    """Whether a class is told from others by having this base."""
    return base.__module__ not in {"typing", "abc"} and base is not object


def _is_special(name: str, value: Any) -> bool:
    """Whether the abstract classes of Python look for it."""
    return name.startswith("__") and name.endswith("__") and (callable(value) or value is None)
