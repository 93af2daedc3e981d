"""Annotations as plain data, and back: classes by name, and what is built of them."""

import importlib
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types

from project.config.guards import is_list
from project.config.kept.uncertain import Unknown
from project.config.signature import EMPTY
from project.config.values import is_union

QUICK = frozenset({"hydra", "omegaconf"})
"""Packages that are there whenever a command line is read, and whose classes are taken as they are."""
_WORDS: dict[Any, str] = {Any: "any", EMPTY: "empty", Ellipsis: "...", None: "none", types.NoneType: "none"}
_MEANT = {word: it for it, word in _WORDS.items()}
# For checkers, what is computed is no type.
_LITERAL: Any = Literal
_ANNOTATED: Any = Annotated
_UNION: Any = Union
_CALLABLE: Any = Callable
_PLAIN = bool, int, float, str, types.NoneType

Plain = list[Any]


def is_quick(target: Any) -> bool:
    """Whether to import a class or function takes next to nothing."""
    top = str(target.__module__).partition(".")[0]
    return top in QUICK or top in sys.stdlib_module_names


def path_to(target: Any) -> str:
    """Where a class or function is found."""
    return f"{target.__module__}:{target.__qualname__}"


@cache
def imported(path: str) -> Any:
    """What is found there."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def plain(annotation: Any, known: Callable[[type], str]) -> Plain:
    """An annotation as lists of texts and numbers.

    Args:
        annotation: of a parameter, evaluated or a text.
        known: registers a class, and names it.
    """
    try:
        return _plain(annotation, known)
    except (TypeError, ValueError, AttributeError):
        return ["unknown"]


def _plain(annotation: Any, known: Callable[[type], str]) -> Plain:
    if isinstance(annotation, str):
        return ["text", annotation]
    if is_list(annotation):  # the arguments of a Callable
        return ["list", *(_plain(item, known) for item in annotation)]
    if any(annotation is word for word in _WORDS):
        return [_WORDS[annotation]]
    if get_origin(annotation) is not None:
        return _composed(annotation, known)
    if not isinstance(annotation, type):
        raise TypeError(annotation)
    if not is_quick(annotation):
        return ["class", known(annotation)]
    if imported(path_to(annotation)) is not annotation:
        raise TypeError(annotation)
    return ["quick", path_to(annotation)]


def _composed(annotation: Any, known: Callable[[type], str]) -> Plain:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return ["annotated", _plain(arguments[0], known), *map(_bound, arguments[1:])]
    if origin is Literal:
        if not all(type(it) in _PLAIN for it in arguments):
            raise TypeError(annotation)
        return ["literal", *arguments]
    if is_union(annotation):
        return ["union", *(_plain(item, known) for item in arguments)]
    if not arguments:  # `List` and `Tuple[()]` look alike
        raise TypeError(annotation)
    return ["generic", _plain(origin, known), *(_plain(item, known) for item in arguments)]


def meant(given: Sequence[Any], known: Callable[[str], Any]) -> Any:
    """The annotation that `plain` was given, with stand-ins for its classes.

    Args:
        given: plain data.
        known: the stand-in for the class of a name.
    """
    kind, *rest = given
    if kind in _MEANT:
        return _MEANT[kind]
    if kind in {"text", "quick", "class"}:
        return rest[0] if kind == "text" else imported(rest[0]) if kind == "quick" else known(rest[0])
    if kind == "literal":
        return _LITERAL[tuple(rest)]
    if kind == "annotated":
        bounds = [getattr(annotated_types, name)(**settings) for name, settings in rest[1:]]
        return _ANNOTATED[(meant(rest[0], known), *bounds)]
    if kind == "unknown":
        return Unknown()
    parts = [meant(item, known) for item in rest]
    if kind == "list":
        return parts
    if kind == "union":
        return _UNION[tuple(parts)]
    origin, *arguments = parts
    if origin is Callable:
        return _CALLABLE[tuple(arguments)]
    return types.GenericAlias(origin, tuple(arguments))


def _bound(bound: Any) -> Plain:
    if type(bound).__module__ != "annotated_types":
        raise TypeError(bound)
    settings = asdict(bound)
    if not all(type(it) in _PLAIN for it in settings.values()):
        raise TypeError(bound)
    return [type(bound).__name__, settings]
