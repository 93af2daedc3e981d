"""Whether a plain value is what an annotation says, bounds and choices included (pydantic's strict rules)."""

import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Lt

from project.config.guards import is_dict, is_list, is_tuple
from project.config.signature import name
from project.config.values import is_union
from project.problem import did_you_mean

if TYPE_CHECKING:
    from pydantic import ConfigDict, TypeAdapter

Complaint = tuple[str, str]
"""What is wrong, and a hint."""


PLAIN = bool, int, float, str, bytes, list, dict, tuple, types.NoneType
"""What a config holds as it is."""
TYPE_ERRORS = "_type", "none_required"
"""How pydantic's kinds of errors end that speak of a type, not of a bound."""


def complaint(value: Any, annotation: Any) -> Complaint | None:
    """Why `value` may not be given where `annotation` is expected; None when it may, or when nobody can tell."""
    if _fits(value, annotation):
        return None
    from pydantic import ValidationError  # which takes long to be imported, and is seldom asked

    adapter = _adapter(annotation)
    if adapter is None:
        return (f"{value!r} is no {written(annotation)}", "") if _lacks(value, annotation) else None
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        bounds = [
            str(item["msg"]) for item in error.errors(include_url=False) if not item["type"].endswith(TYPE_ERRORS)
        ]
        return _explained(value, annotation, bounds)
    except Exception:
        return None  # a validator of somebody else's failed: this wall cannot tell
    return None


def written(annotation: Any) -> str:
    """`annotation` as a user would write it, without module names."""
    if annotation is None or annotation is types.NoneType:
        return "None"
    if annotation is Ellipsis or isinstance(annotation, str):
        return "..." if annotation is Ellipsis else annotation
    if is_list(annotation):  # the arguments of a Callable
        return f"[{', '.join(map(written, annotation))}]"
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " | ".join(map(repr, arguments))
    if get_origin(annotation) is Annotated:
        return written(arguments[0])
    if is_union(annotation):
        return " | ".join(map(written, arguments))
    plain = name(get_origin(annotation) or annotation).removeprefix("typing.")
    return f"{plain}[{', '.join(map(written, arguments))}]" if arguments else plain


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a plain value is plainly what `annotation` says; False where it takes more to tell."""
    if annotation is Any or (type(value) in PLAIN and type(value) is annotation):
        return True
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return any(type(value) is type(choice) and value == choice for choice in arguments)
    if origin is Annotated:
        return _fits(value, arguments[0]) and all(_within(value, bound) for bound in arguments[1:])
    if is_union(annotation):
        return any(_fits(value, member) for member in arguments)
    if origin is tuple and is_tuple(value):
        each = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        return len(value) == len(each) and all(map(_fits, value, each))
    if origin in (list, Sequence, Iterable) and is_list(value):
        return all(_fits(item, arguments[0]) for item in value)
    if origin in (dict, Mapping) and is_dict(value):
        return all(_fits(key, arguments[0]) and _fits(item, arguments[1]) for key, item in value.items())
    return False


def _within(value: Any, bound: Any) -> bool:
    if isinstance(bound, Interval):
        return all(_within(value, part) for part in bound)
    if type(value) not in (int, float):
        return False
    match bound:
        case Ge(ge=limit):
            return bool(value >= limit)
        case Gt(gt=limit):
            return bool(value > limit)
        case Le(le=limit):
            return bool(value <= limit)
        case Lt(lt=limit):
            return bool(value < limit)
        case _:
            return False


@cache
def _cached_adapter(annotation: Any) -> "TypeAdapter[Any] | None":
    from pydantic import ConfigDict

    # A dataclass or a model brings a configuration of its own.
    return _made(annotation, ConfigDict(arbitrary_types_allowed=True, strict=True)) or _made(annotation, None)


def _made(annotation: Any, config: "ConfigDict | None") -> "TypeAdapter[Any] | None":
    from pydantic import TypeAdapter

    try:
        return TypeAdapter(_eager(annotation), config=config)
    except Exception:
        return None  # pydantic cannot read this annotation: this wall cannot tell


def _lacks(value: Any, protocol: Any) -> bool:
    """Whether a plain value lacks what a protocol asks for; pydantic reads none that is not checkable at run time."""
    if not getattr(protocol, "_is_protocol", False) or type(value) not in PLAIN:
        return False
    bases: list[Any] = [base for base in protocol.__mro__ if getattr(base, "_is_protocol", False)]
    own: list[str] = [key for base in bases for key in base.__dict__]
    asked = [key for key in own if not key.startswith("_") or key == "__call__"]
    return any(not hasattr(value, key) for key in asked)


def _eager(annotation: Any) -> Any:
    """`annotation` with lists for iterables, which pydantic would not look into."""
    if get_origin(annotation) is Iterable:
        item: Any = get_args(annotation)[0]
        return Union[list.__class_getitem__(item), tuple.__class_getitem__((item, ...))]  # noqa: UP007  (computed)
    if is_union(annotation):
        return Union[tuple(map(_eager, get_args(annotation)))]  # noqa: UP007  (computed)
    return annotation


def _adapter(annotation: Any) -> "TypeAdapter[Any] | None":
    try:
        return _cached_adapter(annotation)
    except TypeError:  # an annotation that cannot be hashed
        return None


def _explained(value: Any, annotation: Any, bounds: list[str]) -> Complaint:
    choices = _choices(annotation)
    if isinstance(value, str) and choices:
        return f"{value!r} is no {written(annotation)}", did_you_mean(value, choices)
    bare = _bare(annotation)
    if bare != annotation and complaint(value, bare) is None:
        return f"{value!r} is out of bounds: {'; '.join(bounds).lower()}", ""
    return f"{value!r} is no {written(annotation)}", ""


def _bare(annotation: Any) -> Any:
    """`annotation` without its bounds."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if is_union(annotation):
        return Union[tuple(map(_bare, get_args(annotation)))]  # noqa: UP007  (computed)
    return annotation


def _choices(annotation: Any) -> list[str]:
    """The texts that `annotation` allows, when it allows some texts and not others."""
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return [choice for choice in get_args(annotation) if isinstance(choice, str)]
    if is_union(annotation):
        if str in get_args(annotation):
            return []
        return [choice for member in get_args(annotation) for choice in _choices(member)]
    members: dict[str, Any] = getattr(annotation, "__members__", {})
    return list(members)
