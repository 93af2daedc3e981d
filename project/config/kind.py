"""Whether what a target makes is the kind of component that a slot takes."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

from project.config.signature import name, parameters, product
from project.config.validate import written
from project.config.values import is_union


def misfit(target: Callable[..., Any], partial: bool, kind: Any) -> str | None:
    """Why `target`, whole or as a factory that waits for an argument, is no `kind`; None when it may be one."""
    if kind is Any or kind is object:
        return None
    if get_origin(kind) is Annotated:
        return misfit(target, partial, get_args(kind)[0])
    if is_union(kind):
        reasons = [misfit(target, partial, member) for member in get_args(kind)]
        return None if None in reasons else reasons[0]
    if get_origin(kind) is Callable:
        return _misfit_callable(target, partial, kind)
    if partial:
        return f"a factory of {name(target)} (conf_partial), where a whole {written(kind)} belongs"
    return None if _is_subclass(product(target), kind) else f"{_made(target)} is no {written(kind)}"


def _misfit_callable(target: Callable[..., Any], partial: bool, kind: Any) -> str | None:
    taken, made = get_args(kind)
    if partial:
        return None if _is_subclass(product(target), made) else f"{_made(target)} is no {written(made)}"
    whole = product(target)
    if not isinstance(whole, type):
        return None
    if (call := call_of(whole)) is None:
        advice = f"; write conf_partial({name(target)})(...)" if _is_subclass(whole, made) else ""
        return f"{_made(target)} is no {written(kind)}{advice}"
    if (taken is not Ellipsis and not _takes(call, len(taken))) or not _is_subclass(product(call), made):
        return f"{name(whole)} cannot be called as {written(kind)}"
    return None


def call_of(whole: type) -> Any:
    """What is called with an instance's own arguments when it is called; None where it cannot be."""
    # The class itself is always callable.
    callable_ = any("__call__" in vars(base) for base in whole.__mro__)
    return getattr(whole, "forward", None) or whole.__call__ if callable_ else None


def _takes(method: Callable[..., Any], count: int) -> bool:
    """Whether an instance whose `method` is called takes `count` positional arguments."""
    try:
        inspect.Signature(list(parameters(method).values())).bind(None, *range(count))
    except TypeError:
        return False
    return True


def _is_subclass(made: Any, kind: Any) -> bool:
    """Whether `made` may be a `kind`; what cannot be decided at run time is left to the other walls."""
    if made is Any or kind is Any:  # a class, since Python 3.11
        return True
    if is_union(made):
        return any(_is_subclass(member, kind) for member in get_args(made))
    made, kind = get_origin(made) or made, get_origin(kind) or kind
    if not isinstance(made, type) or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    return issubclass(made, kind)


def _made(target: Callable[..., Any]) -> str:
    made = product(target)
    return name(target) if made is target else f"what {name(target)} returns ({written(made)})"
