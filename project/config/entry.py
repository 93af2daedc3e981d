"""`conf` and `conf_partial`: a config that a type checker reads as the thing it builds."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, make_dataclass
from functools import cache
from inspect import Parameter
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from project.config.given import misgiven
from project.config.guards import is_dict, is_list, is_tuple
from project.config.signature import EMPTY, VARIADIC, hint, name, outline, parameters
from project.config.space import Space
from project.config.targets import allow
from project.config.values import RESERVED, UnsupportedError, builds, encode, field_type, is_entry
from project.problem import Problem, Site, did_you_mean, first_line

Target = TypeVar("Target", bound=Callable[..., Any])
First = TypeVar("First")
Rest = ParamSpec("Rest")
Product = TypeVar("Product")


@dataclass(frozen=True)
class Origin:
    """Where an entry was written, what it configures and how, what is wrong with it, and what is searched in it."""

    site: Site
    target: Callable[..., Any]
    partial: bool
    given: Mapping[str, Any]
    problems: tuple[Problem, ...]
    spaces: Mapping[str, Space]

    @property
    def misplaced(self) -> tuple[Problem, ...]:
        """What is wrong with spaces where nothing is searched."""
        what = "a space to be searched, where a value belongs; write it in Spaces[...]"
        return tuple(Problem(path, what, self.site) for path in self.spaces)


def conf(target: Target, /) -> Target:
    """A config of `target`, written and checked as a call of it: `conf(MLP)(hidden_dim=64)`.

    At run time the call returns hydra-zen's dataclass config of `target`, with every parameter of its signature as a
    typed field. A mistake that no checker saw is reported by the group that takes the entry, or by `build`.
    """
    return cast(Target, _entry(target, partial=False))


def conf_partial(target: Callable[Concatenate[First, Rest], Product], /) -> Callable[Rest, Callable[[First], Product]]:
    """A config of a factory that still waits for the first argument of `target`: `conf_partial(AdamW)(lr=1e-3)`."""
    return cast(Callable[Rest, Callable[[First], Product]], _entry(target, partial=True))


def origin(entry: Any) -> Origin | None:
    """What is known of an entry that `conf` or `conf_partial` made; None of anything else."""
    return getattr(entry, "origin_of_entry", None) if is_entry(entry) else None


def _entry(target: Callable[..., Any], *, partial: bool) -> Callable[..., Any]:
    if not callable(target) or is_entry(target):
        raise TypeError(f"conf takes a class or a function, not {target!r}")

    def call(*args: Any, **kwargs: Any) -> Any:
        return _Maker(target, partial, Site.of_caller()).make(args, kwargs)

    call.target_of_conf = target  # type: ignore[attr-defined]
    call.__doc__ = f"Arguments of {outline(target)}"
    return call


@cache
def _built(target: Callable[..., Any], partial: bool | None, hidden: tuple[str, ...]) -> Any:
    """hydra-zen's class of configs; one for all entries of a target that leave out the same."""
    return builds(target, populate_full_signature=True, zen_partial=partial, zen_exclude=hidden)


class _Maker:
    """One call of `conf(target)`: binds and encodes the arguments, and collects what is wrong with them."""

    def __init__(self, target: Callable[..., Any], partial: bool, site: Site) -> None:
        self.target, self.partial, self.site = target, partial, site
        self.parameters = parameters(target)
        self.problems: list[Problem] = []
        self.spaces: dict[str, Space] = {}

    def make(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check_annotations()
        positional, named = self._bind(args, kwargs)
        for key, value in named.items():
            self._check(key, value)
        encoded = {key: self._encode(key, value) for key, value in (self._defaults() | named).items()}
        entry = self._instance([self._encode("*", value) for value in positional], encoded)
        type(entry).origin_of_entry = Origin(
            self.site, self.target, self.partial, named, tuple(self.problems), self.spaces
        )
        return entry

    def _check_annotations(self) -> None:
        """A parameter that must be given and says no type cannot be checked by anyone."""
        required = list(self.parameters.values())[self.partial :]
        for parameter in required:
            bare = parameter.annotation is EMPTY and parameter.default is EMPTY and parameter.kind not in VARIADIC
            if bare:
                self._problem(parameter.name, f"this required parameter of {name(self.target)} has no annotation")

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments by position (only where the target has `*args`) and by name; misfits become problems."""
        takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in self.parameters.values())
        known = [p.name for p in self.parameters.values() if p.kind not in VARIADIC]
        for key in set(kwargs) - set(known):
            if key in RESERVED:
                self._problem(key, "this word is Hydra's")
                del kwargs[key]
            elif not takes_any:
                self._problem(key, f"{name(self.target)} has no such parameter.", did_you_mean(key, known))
                del kwargs[key]
        slots = [p.name for p in self.parameters.values() if p.kind not in (*VARIADIC, Parameter.KEYWORD_ONLY)]
        slots = slots[self.partial :]
        variadic = any(p.kind is Parameter.VAR_POSITIONAL for p in self.parameters.values())
        if variadic and len(args) > len(slots):
            return list(args), kwargs
        if len(args) > len(slots):
            self._problem("", f"{len(args)} positional arguments for {outline(self.target)}")
        named = dict(zip(slots, args, strict=False)) | kwargs
        self._check_missing(named)
        return [], named

    def _check_missing(self, named: Mapping[str, Any]) -> None:
        for parameter in list(self.parameters.values())[self.partial :]:
            absent = parameter.name not in named and parameter.default is EMPTY and parameter.kind not in VARIADIC
            if absent:
                self._problem(parameter.name, "missing", outline(self.target))

    def _defaults(self) -> dict[str, Any]:
        """The target's own defaults, except those that no config can hold: the target keeps these to itself."""
        return {
            parameter.name: parameter.default
            for parameter in list(self.parameters.values())[self.partial :]
            if parameter.default is not EMPTY and not _is_live(parameter)
        }

    def _encode(self, key: str, value: Any) -> Any:
        if isinstance(value, Space):
            return self._drawn(key, value)
        for path, entry in _entries(value):
            if (found := origin(entry)) is not None:
                self.problems += [problem.under(f"{key}{path}") for problem in found.problems]
                self.spaces |= {f"{key}{path}.{inner}": space for inner, space in found.spaces.items()}
        try:
            return encode(value, hint(self.parameters.get(key)))
        except UnsupportedError as error:
            path, found = error.args
            self._problem(f"{key}{path}", _unsupported(found))
            return None

    def _check(self, key: str, value: Any) -> None:
        """Plain values; what a component or a reference comes to is seen where it is composed."""
        if (wrong := misgiven(value, hint(self.parameters.get(key)))) is not None:
            self._problem(key, *wrong)

    def _drawn(self, key: str, space: Space) -> Any:
        """One of the values that may be drawn, when each of them fits."""
        encoded = [self._encode(key, end) for end in space.ends]
        for end in space.ends:
            self._check(key, end)
        self.spaces[key] = space
        return encoded[0]

    def _instance(self, positional: list[Any], encoded: dict[str, Any]) -> Any:
        """hydra-zen's config; values pass through the dataclass's own call, where no name is reserved."""
        hidden = tuple(p.name for p in self.parameters.values() if p.default is not EMPTY and p.name not in encoded)
        try:
            partial = self.partial or None
            config: Any = (
                builds(self.target, *positional, zen_partial=partial, zen_exclude=hidden)
                if positional
                else _built(self.target, partial, hidden)
            )
            # hydra-zen leaves out what a partial requires, and reads some names in **kwargs as settings of its own.
            known = {field.name for field in fields(config)}
            added = [
                (key, Any if is_entry(value) else field_type(hint(self.parameters.get(key))))
                for key, value in encoded.items()
                if key not in known or is_entry(value)  # a node, where the annotation may have a list or a dict
            ]
            # Nobody compares or prints entries, nor asks for a signature, which the doc would otherwise be made of.
            own = {"__doc__": config.__doc__, "__hash__": None}  # by its lack a dataclass refuses one as a default
            made = make_dataclass(
                config.__name__, added, bases=(config,), namespace=own, kw_only=True, repr=False, eq=False
            )
            entry: Any = made(**encoded)
        except (TypeError, ValueError, ModuleNotFoundError, AttributeError) as error:
            if not self.problems:  # most often, the arguments that are missing
                self._problem("", first_line(error))
        else:
            allow(entry)
            return entry
        return builds(dict)()

    def _problem(self, path: str, what: str, advice: str = "") -> None:
        self.problems.append(Problem(path, what, self.site, advice))


def uncalled(value: Any) -> str | None:
    """What to say of a `conf(T)` that was never called; None of anything else."""
    target = getattr(value, "target_of_conf", None)
    return None if target is None else f"conf({name(target)}) was not called; write conf({name(target)})(...)"


def _unsupported(value: Any) -> str:
    if (what := uncalled(value)) is not None:
        return what
    if isinstance(value, Space):
        return "a space stands for an argument as a whole; write choice((0.9, 0.99), (0.95, 0.999))"
    if inspect.isroutine(value):
        return f"{name(value)} cannot be imported by its name; define it at the top level of a module"
    return f"a live {type(value).__name__} object in a config; write conf({type(value).__name__})(...)"


def _is_live(parameter: Parameter) -> bool:
    try:
        encode(parameter.default, hint(parameter))
    except UnsupportedError:
        return True
    return inspect.isclass(parameter.default) and parameter.default.__module__ == "builtins"


def _entries(value: Any) -> list[tuple[str, Any]]:
    """Every config inside `value`, with its path below it."""
    if is_entry(value):
        return [("", value)]
    if is_list(value) or is_tuple(value):
        return [(f".{i}{path}", entry) for i, item in enumerate(value) for path, entry in _entries(item)]
    if is_dict(value):
        return [(f".{key}{path}", entry) for key, item in value.items() for path, entry in _entries(item)]
    return []
