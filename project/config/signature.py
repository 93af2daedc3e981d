"""What a target takes and what it makes, read from its real signature."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter
from typing import Any, NamedTuple

from project.problem import Site

EMPTY = Parameter.empty
VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class Told(NamedTuple):
    """What cannot be read from a stand-in: where the real target is defined, and what its parents' `**kwargs` take."""

    definition: Site | None
    inherited: Mapping[str, Parameter]


stand_ins: dict[str, Callable[[], Any]] = {}
"""What makes the objects that `locate` finds in the place of what is not imported."""
told: dict[Any, Told] = {}


@cache
def signature(target: Callable[..., Any]) -> inspect.Signature:
    """The signature of `target`, its annotations evaluated where they can be."""
    try:
        return inspect.signature(target, eval_str=True)
    except (NameError, TypeError, AttributeError, SyntaxError):
        return inspect.signature(target)


def parameters(target: Callable[..., Any]) -> Mapping[str, Parameter]:
    """The parameters of `target`; of one that Python cannot inspect (some builtins), just `*args` and `**kwargs`."""
    try:
        return signature(target).parameters
    except ValueError:
        return inspect.signature(lambda *args, **kwargs: None).parameters


def hint(parameter: Parameter | None) -> Any:
    """The annotation of `parameter`, `Any` when there is none or it could not be evaluated."""
    if parameter is None or parameter.annotation is EMPTY or isinstance(parameter.annotation, str):
        return Any
    return parameter.annotation


def product(target: Callable[..., Any]) -> Any:
    """What calling `target` gives: the class itself, or a function's return annotation (`Any` without one)."""
    if isinstance(target, type):
        return target
    try:
        annotation = signature(target).return_annotation
    except ValueError:
        return Any
    return Any if annotation is EMPTY or isinstance(annotation, str) else annotation


def name(target: Any) -> str:
    """How a user would call `target` in a sentence."""
    return getattr(target, "__qualname__", None) or repr(target)


def outline(target: Callable[..., Any]) -> str:
    """One line to show a user: `MLP(input_dim, output_dim, hidden_dim=256)`."""
    shown = [
        f"{p.name}={p.default!r}" if p.default is not EMPTY else str(p.replace(annotation=EMPTY))
        for p in parameters(target).values()
    ]
    return f"{name(target)}({', '.join(shown)})"


def locate(path: str) -> Any:
    """The object at an absolute dotted `path`, as Hydra finds a `_target_`.

    Raises:
        ImportError: nothing is there.
    """
    if path in stand_ins:
        return stand_ins[path]()
    parts = path.split(".")
    if not all(part.isidentifier() for part in parts):
        raise ImportError(f"'{path}' is no dotted path")
    for split in range(len(parts), 0, -1):
        module_name = ".".join(parts[:split])
        try:
            found: Any = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            # A module that exists but lacks one of its own imports is another mistake: let it show.
            if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
                raise
            continue
        for attribute in parts[split:]:
            if not hasattr(found, attribute):
                raise ImportError(f"'{module_name}' has no '{'.'.join(parts[split:])}'")
            found = getattr(found, attribute)
        return found
    raise ImportError(f"there is no module '{parts[0]}'")
