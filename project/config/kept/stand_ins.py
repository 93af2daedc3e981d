"""Stand-ins for the classes and functions of a snapshot: they answer what a review asks, and can do nothing else."""

import types
from abc import ABCMeta
from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, Signature
from typing import Any, Protocol

from project.config.guards import is_list
from project.config.kept.annotations import imported, meant
from project.config.kept.uncertain import Uncertain, Unknown, uncertain
from project.config.signature import EMPTY, Told, told
from project.problem import Site

_KINDS = {
    int(kind): kind
    for kind in (
        *(Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY),
        *(Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD),
    )
}


class _Shown:
    """A default that plain data cannot hold, known by what it looks like."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def __repr__(self) -> str:
        return self.shown


class _StandIn(ABCMeta):
    """The type of stand-ins for classes: what is not known of the class, nobody can say."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise Uncertain(name)


class _StandInProtocol(type(Protocol)):  # type: ignore[misc]
    __getattr__ = _StandIn.__getattr__


class StandIns:
    """The stand-ins of a snapshot, each made when it is first asked for.

    Args:
        classes: by the name of the class, what `Targets.known` has kept.
        targets: by their path, what `Targets.add` has kept.
    """

    def __init__(self, classes: Mapping[str, Any], targets: Mapping[str, Any]) -> None:
        self._classes, self._targets = classes, targets
        self.class_named, self.at = cache(self._class_named), cache(self._at)
        self._of_class = {kept["class"]: kept for kept in targets.values() if "class" in kept}

    def _at(self, path: str) -> Any:
        """What stands for the target at a path."""
        kept = self._targets[path]
        if "instance" in kept:
            return object.__new__(self.class_named(kept["instance"]))
        return self.class_named(kept["class"]) if "class" in kept else self._function(path)

    def meant(self, plain: Any) -> Any:
        """The annotation that plain data stands for; one of a class that validates by rules of its own is unknown."""
        return meant(plain, self._fit)

    def _fit(self, name: str) -> Any:
        return Unknown() if self._classes[name]["unfit"] else self.class_named(name)

    def _class_named(self, name: str) -> Any:
        kept = self._classes[name]
        is_protocol, at_run_time = kept["protocol"]
        bases = [imported(base) if kind == "quick" else self.class_named(base) for kind, base in kept["bases"]]
        contents: dict[str, Any] = dict.fromkeys(kept["has"], uncertain)
        contents |= {"__module__": kept["module"], "__qualname__": kept["name"]}
        target = self._of_class.get(name)
        if target is not None:
            contents |= self._as_target(target)
        made: Any
        if is_protocol:
            settings = {"metaclass": _StandInProtocol}
            made = types.new_class(_last(kept["name"]), (*bases, Protocol), settings, _filled(contents))
            made._is_runtime_protocol = at_run_time
        else:
            contents = {key: it for key, it in contents.items() if key not in _OF_EVERY_CLASS}
            made = types.new_class(_last(kept["name"]), tuple(bases), {"metaclass": _StandIn}, _filled(contents))
        if target is not None:
            self._tell(made, target)
        return made

    def _as_target(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """What a class has besides its bases."""
        contents: dict[str, Any] = {"__signature__": self._signature(kept["signature"]), "requires": kept["requires"]}
        contents["unfit"] = uncertain if kept["unfit"] else None
        contents["excludes"] = tuple(map(self.class_named, kept["excludes"]))
        if kept["call"] is not None:
            name, signature = kept["call"]
            contents[name] = _function(name, "", self._signature(signature))
        return contents | {name: _fact(values) for name, values in kept.get("facts", {}).items()}

    def _function(self, path: str) -> Any:
        kept = self._targets[path]
        made = _function(kept["name"], kept["module"], self._signature(kept["signature"]))
        made.requires = kept["requires"]
        self._tell(made, kept)
        return made

    def _tell(self, made: Any, kept: Mapping[str, Any]) -> None:
        definition = Site(*kept["definition"]) if "definition" in kept else None
        told[made] = Told(definition, {it[0]: self._parameter(it) for it in kept["inherited"]})

    def _signature(self, kept: Any) -> Signature:
        parameters, returned = kept
        known = [self._parameter(it) for it in parameters]
        return Signature(known, return_annotation=self.meant(returned), __validate_parameters__=False)

    def _parameter(self, kept: Any) -> Parameter:
        name, kind, annotation, default = kept
        value: Any = EMPTY if default is None else default[0] if is_list(default) else _Shown(default["shown"])
        return Parameter(name, _KINDS[kind], annotation=self.meant(annotation), default=value)


_OF_EVERY_CLASS = frozenset({"__new__", "__init__", "__init_subclass__", "__class_getitem__", "__subclasshook__"}) | {
    *("__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__repr__", "__str__", "__eq__", "__hash__"),
    *("__prepare__", "__set_name__", "__instancecheck__", "__subclasscheck__", "__del__", "__reduce__", "__dir__"),
}
"""What Python itself calls while a class is made or looked at."""


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _filled(contents: Mapping[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda namespace: namespace.update(contents)


def _function(name: str, module: str, signature: Signature) -> Any:
    made: Any = types.FunctionType(uncertain.__code__, {"Uncertain": Uncertain}, _last(name))
    made.__qualname__, made.__module__, made.__signature__ = name, module, signature
    return made


def _fact(values: Any) -> Any:
    """What a class says under a name, as long as the arguments are those for which it has been looked up."""

    def say(component: Any) -> Any:
        for looked_at, value in values:
            if all(_equal(getattr(component, key), it) for key, it in looked_at.items()):
                return value
        raise Uncertain

    return property(say)


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
