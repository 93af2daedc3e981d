"""What is wrong with one component of a composed config: its target, its kind and its arguments."""

import importlib.util
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, get_args, get_origin

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from project.config.guards import listed
from project.config.kind import misfit
from project.config.nodes import UNREAD, has, keys, place, read
from project.config.root import annotations
from project.config.signature import EMPTY, VARIADIC, hint, name, parameters, told
from project.config.targets import GET_OBJECT, ForbiddenError, allowed, find
from project.config.validate import complaint, written
from project.config.values import RESERVED, is_union, restore
from project.problem import Problem, Site, did_you_mean, first_line


def component_problems(path: str, node: DictConfig, kind: Any, site: Site | None) -> Iterator[Problem]:
    """What is wrong with a component node where a `kind` is expected."""
    try:
        target = find(node["_target_"])
    except ForbiddenError as error:
        yield Problem(f"{path}._target_", str(error), site, _nearest(str(node["_target_"])))
        return
    except ImportError as error:
        yield Problem(f"{path}._target_", f"'{node['_target_']}' cannot be imported: {error}", site)
        return
    if node["_target_"] == GET_OBJECT:
        yield from _object(path, node, kind)
        return
    partial = has(node, "_partial_") and bool(node["_partial_"])
    reason = misfit(target, partial, kind)
    if reason is not None:
        yield Problem(path, reason, site)
        return  # its parameters are another class's
    yield from _absent_packages(path, target, site)
    yield from _arguments(path, node, target, partial, site)


def _absent_packages(path: str, target: Any, site: Site | None) -> Iterator[Problem]:
    """The packages that a component says it `requires`, beyond those of every installation, and that are not there."""
    requires: Mapping[str, str] = getattr(target, "requires", {})
    for package, source in requires.items():
        if not _there(package):
            what = f"{name(target)} needs the package '{package}', which is not installed: pip install '{source}'"
            yield Problem(path, what, site)


def _there(package: str) -> bool:
    parent = package.rpartition(".")[0]
    spec = importlib.util.find_spec(package) if not parent or importlib.util.find_spec(parent) else None
    # Without an origin it is a mere folder of that name, such as ./wandb.
    return spec is not None and spec.origin is not None


def _object(path: str, node: DictConfig, kind: Any) -> Iterator[Problem]:
    try:
        named = find(node.get("path"))
    except (ForbiddenError, ImportError) as error:
        yield Problem(f"{path}.path", str(error), hint=_nearest(str(node.get("path"))))
        return
    wrong = complaint(named, kind)
    if wrong is not None:
        yield Problem(path, wrong[0], hint=wrong[1])


def _arguments(path: str, node: DictConfig, target: Any, partial: bool, site: Site | None) -> Iterator[Problem]:
    """What is wrong with the arguments of a component: names, presence and values."""
    known = parameters(target)
    swallows = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
    further = inherited(target) if swallows else {}
    supplied = _supplied(node, list(known.values()), partial)
    present = set[str]()
    for key in keys(node):
        if key in RESERVED:
            continue
        value = yield from read(node, key, f"{path}.{key}")
        present |= set[str]() if OmegaConf.is_missing(node, key) else {str(key)}
        parameter = known.get(str(key)) or further.get(str(key))
        if parameter is not None and str(key) in supplied:
            yield Problem(f"{path}.{key}", f"has no effect: {supplied[str(key)]}", site, _where(target))
            continue
        if parameter is None and (not swallows or further):
            names = [*(p.name for p in known.values() if p.kind not in VARIADIC), *further]
            advice = f"{did_you_mean(str(key), names)}\n{_where(target)}"
            yield Problem(f"{path}.{key}", f"{name(target)} has no such parameter", site, advice)
        elif value is not UNREAD:
            follow = not OmegaConf.is_interpolation(node, key)
            for problem in value_problems(f"{path}.{key}", value, hint(parameter), follow=follow):
                yield problem if problem.site else replace(problem, site=site, hint=_about(problem, parameter, target))
    if has(node, "_args_"):
        yield from _positional(path, node, list(known.values()))
    else:
        required = [p for p in list(known.values())[partial:] if p.default is EMPTY and p.kind not in VARIADIC]
        for parameter in required:
            if parameter.name not in present:
                yield Problem(f"{path}.{parameter.name}", "missing", site, _where(target))


def _supplied(node: DictConfig, known: list[inspect.Parameter], partial: bool) -> dict[str, str]:
    """The parameters that somebody else gives: the run gives the first one of a factory, `_args_` those by position."""
    by_position = [p.name for p in known if p.kind is p.POSITIONAL_OR_KEYWORD][
        : len(node["_args_"] if has(node, "_args_") else ())
    ]
    given = dict.fromkeys(by_position, "it is given by position too")
    return {known[0].name: "the run supplies it", **given} if partial and known else given


def _about(problem: Problem, parameter: inspect.Parameter | None, target: Any) -> str:
    """What the target says of the parameter, after what the problem says of itself."""
    if parameter is None:
        return problem.hint or _where(target)
    default = "" if parameter.default is EMPTY else f" = {parameter.default!r}"
    said = f"{_where(target)}: {parameter.name}: {written(hint(parameter))}{default}"
    return "\n".join(filter(None, (problem.hint, said)))


def _positional(path: str, node: DictConfig, known: list[Any]) -> Iterator[Problem]:
    """What is wrong with the arguments that a target takes by position."""
    given = yield from read(node, "_args_", path)
    for index in keys(given) if isinstance(given, ListConfig) else []:
        value = yield from read(given, index, f"{path}.{index}")
        parameter = known[min(index, len(known) - 1)] if known else None
        if value is not UNREAD:
            follow = not OmegaConf.is_interpolation(given, index)
            yield from value_problems(f"{path}.{index}", value, hint(parameter), follow=follow)


def value_problems(path: str, value: Any, annotation: Any, *, follow: bool = True) -> Iterator[Problem]:
    """What is wrong with `value` where `annotation` is expected; a reference is followed where it leads."""
    if isinstance(value, DictConfig) and has(value, "_target_"):
        if follow:
            yield from component_problems(path, value, annotation, None)
        elif (reason := _kind_of_reference(value, annotation)) is not None:
            yield Problem(path, reason)
    elif isinstance(value, DictConfig | ListConfig) and _holds_components(value):
        kind = "dict" if isinstance(value, DictConfig) else "list"
        if complaint({} if kind == "dict" else [], annotation) and get_origin(annotation) is not tuple:
            yield Problem(path, f"a {kind} of components is no {written(annotation)}")
            return
        each = _item_annotation(annotation)
        for key in keys(value):
            item = yield from read(value, key, f"{path}.{key}")
            if item is not UNREAD:
                yield from value_problems(f"{path}.{key}", item, each, follow=follow)
    else:
        try:
            config = OmegaConf.is_config(value)
            plain: Any = listed(OmegaConf.to_container(value, resolve=True, throw_on_missing=True)) if config else value
        except OmegaConfBaseException as error:
            yield Problem(path, first_line(error))
            return
        wrong = complaint(restore(annotation, plain), annotation)
        if wrong is not None:
            yield Problem(path, wrong[0], hint=wrong[1])


def _kind_of_reference(node: DictConfig, annotation: Any) -> str | None:
    try:
        return misfit(find(node["_target_"]), has(node, "_partial_") and bool(node["_partial_"]), annotation)
    except (ForbiddenError, ImportError) as error:
        root_field = place(node).partition(".")[0].partition("[")[0]
        return None if root_field in annotations() else str(error)  # what stands in the config is reported there


def _holds_components(value: Any) -> bool:
    if isinstance(value, DictConfig | ListConfig):
        try:
            items = list(value.values() if isinstance(value, DictConfig) else value)
        except OmegaConfBaseException:
            return False
        return (isinstance(value, DictConfig) and has(value, "_target_")) or any(map(_holds_components, items))
    return False


def _item_annotation(annotation: Any) -> Any:
    """What the items of a container annotated so are; Any when that cannot be told."""
    members = get_args(annotation) if is_union(annotation) else (annotation,)
    for member in members:
        arguments, kind = get_args(member), get_origin(member)
        if isinstance(kind, type) and issubclass(kind, Mapping) and len(arguments) == 2:
            return arguments[1]
        if isinstance(kind, type) and kind is not type and len(arguments) == 1:
            return arguments[0]
    return Any


def inherited(target: Any) -> dict[str, inspect.Parameter]:
    """What the parents of a class take from its `**kwargs`: their parameters, and the keys that their code reads."""
    if target in told:
        return dict(told[target].inherited)
    found = dict[str, inspect.Parameter]()
    read = set[str]()
    for base in target.__mro__[1:-1] if isinstance(target, type) else ():
        found = {p.name: p for p in parameters(base).values() if p.kind not in VARIADIC} | found
        read |= _keys_read(base)
    # Where nobody names the keys, nobody can tell a wrong one.
    return {key: inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY) for key in read} | found if read else {}


@cache
def _keys_read(base: type) -> frozenset[str]:
    try:
        source = inspect.getsource(vars(base)["__init__"])
    except (KeyError, TypeError, OSError):
        return frozenset[str]()
    return frozenset(re.findall(r"""kwargs\.(?:pop|get)\(["'](\w+)["']""", source))


def _where(target: Any) -> str:
    """What is built, and where it is defined, for which its source is read."""
    site = definition(target)
    return f"{name(target)} at {site}" if site else name(target)


def definition(target: Any) -> Site | None:
    """Where a target is defined; None of what is defined nowhere in Python."""
    return told[target].definition if target in told else _found(target)


@cache
def _found(target: Any) -> Site | None:
    try:
        return Site(inspect.getsourcefile(target) or "", inspect.getsourcelines(target)[1])
    except (TypeError, OSError):
        return None


def _nearest(path: str) -> str:
    found = did_you_mean(path, allowed())
    return found if found.startswith("Did") else ""
