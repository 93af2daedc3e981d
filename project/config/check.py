"""`check`: everything that is wrong with a composed config, before anything is built."""

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from project.config.group import Group
from project.config.kind import misfit
from project.config.problem import ConfigError, Problem
from project.config.root import slots
from project.config.signature import locate


def check(config: Any, /) -> None:
    """Raise one `ConfigError` that names every problem of a composed config; return when there is none."""
    found = list(problems(config))
    if found:
        raise ConfigError(found)


def problems(config: Any) -> Iterator[Problem]:
    """Every problem of a composed config: values missing or unresolved, and components of the wrong kind."""
    yield from _unresolved(config, "")
    for name, group in slots().items():
        if OmegaConf.is_missing(config, name):
            continue
        chosen = OmegaConf.select(config, name)
        parts = chosen.items() if group.many and isinstance(chosen, DictConfig) else [("", chosen)]
        for key, node in parts:
            yield from _wrong_kind(f"{name}.{key!s}" if key else name, node, group)


def _unresolved(node: Any, prefix: str) -> Iterator[Problem]:
    keys = range(len(node)) if isinstance(node, ListConfig) else list(node)
    for key in keys:
        path = f"{prefix}.{key}" if prefix else str(key)
        if OmegaConf.is_missing(node, key):
            yield Problem(path, "missing: this value must be given", hint=f"Write {path}=... on the command line.")
            continue
        try:
            value = node[key]
        except InterpolationResolutionError as error:
            written: Any = OmegaConf.to_container(node, resolve=False)
            what = str(error).partition("\n")[0]
            yield Problem(path, f"{written[key]} does not resolve: {what}")
        except OmegaConfBaseException as error:
            yield Problem(path, str(error).partition("\n")[0])
        else:
            if isinstance(value, DictConfig | ListConfig) and not OmegaConf.is_interpolation(node, key):
                yield from _unresolved(value, path)


def _wrong_kind(path: str, node: Any, group: Group[Any]) -> Iterator[Problem]:
    if not isinstance(node, DictConfig) or "_target_" not in node:
        yield Problem(path, f"not a component: there is no _target_ in {node}")
        return
    try:
        target = locate(node["_target_"])
    except ImportError as error:
        yield Problem(f"{path}._target_", f"'{node['_target_']}' cannot be imported: {error}")
        return
    reason = misfit(target, bool(node.get("_partial_", False)), group.kind)
    if reason is not None:
        yield Problem(path, reason)
