"""`check`: everything that is wrong with a composed config, before anything is built."""

from collections.abc import Iterator, Mapping
from typing import Any

from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from project.config.component import component_problems, value_problems
from project.config.entry import origin
from project.config.group import Group, groups
from project.config.guards import is_dict, is_list, listed
from project.config.hydras import ENGINES
from project.config.nodes import UNREAD, has, keys, read
from project.config.root import annotations, presets, slots
from project.config.signature import locate, stand_ins
from project.config.signature import name as class_name
from project.config.targets import allowed
from project.problem import ConfigError, Problem, Site, did_you_mean

_sound = set[str]()
"""Components that were found to be right, as the jobs of a sweep have most of theirs in common."""


def check(config: Any, /) -> None:
    """Raise one `ConfigError` that names every problem of a composed config; return when there is none."""
    found = list(problems(config))
    if found:
        raise ConfigError(found)


def problems(config: Any) -> Iterator[Problem]:
    """Every problem of a composed config, each part against the real signature of what it configures."""
    for key in keys(config):
        if key == "hydra":
            continue
        if str(key) not in annotations():
            yield no_field(str(key))
            continue
        group, annotation = slots().get(str(key)), annotations()[str(key)]
        value = yield from read(config, key, str(key))
        if value is UNREAD:
            continue
        if group is None:
            yield from value_problems(str(key), value, annotation)
        elif not group.many:
            yield from slot_problems(str(key), value, group)
        elif isinstance(value, DictConfig):
            for option in keys(value):
                part = yield from read(value, option, f"{key}.{option}")
                if part is not UNREAD:
                    yield from slot_problems(f"{key}.{option}", part, group)
    yield from _excluded(dict(_components(listed(OmegaConf.to_container(config)))))


def no_field(key: str) -> Problem:
    """That a run has no value of this name."""
    if key in presets():
        return Problem(key, "is a choice of presets, with no values", hint=did_you_mean("", presets()[key]))
    return Problem(key, f"there is no '{key}'", hint=did_you_mean(key, [*annotations(), *presets()]))


def engine_problems(config: Any) -> Iterator[Problem]:
    """What is wrong with the launcher and the sweeper, where they are options of ours: by themselves, and for the run.

    Args:
        config: the run's, with Hydra's settings.
    """
    swept = config.hydra.mode == RunMode.MULTIRUN
    for name in ENGINES:
        path = name.replace("/", ".")
        node = OmegaConf.select(config, path)
        if name in groups and isinstance(node, DictConfig) and is_ours(path, node.get("_target_")):
            found = list(slot_problems(path, node, groups[name]))
            unfit = getattr(locate(node["_target_"]), "unfit", None) if swept else None
            yield from found or (unfit(node, config) if unfit else ())


def is_ours(path: str, target: object) -> bool:
    """Whether a target in Hydra's settings stands where `engine_problems` looks, for what `conf` has named."""
    return path in {name.replace("/", ".") for name in ENGINES} and target in allowed()


def slot_problems(path: str, value: Any, group: Group[Any]) -> Iterator[Problem]:
    """What is wrong with `value` as the chosen option of `group`."""
    if not isinstance(value, DictConfig) or not has(value, "_target_"):
        known = did_you_mean(str(value), group.options)
        yield Problem(path, f"{_shown(value)} is no component", hint=f"{known} Choose one by name.")
        return
    content = _content(value, group)
    if content in _sound:
        return
    found = list(component_problems(path, value, group.kind, _site(value, group)))
    if not found and content is not None:
        _sound.add(content)
    yield from found


def _content(node: DictConfig, group: Group[Any]) -> str | None:
    """All that decides whether a component is right: what is written, and what it resolves to; None if it does not."""
    try:
        written, resolved = (OmegaConf.to_container(node, resolve=resolve) for resolve in (False, True))
    except OmegaConfBaseException:
        return None
    return repr((group.group, bool(stand_ins), written, resolved))


def _excluded(components: Mapping[str, Any]) -> Iterator[Problem]:
    """The components, by path, with which another one goes not: its class names their classes in `excludes`."""
    for path, target in components.items():
        kinds: tuple[type, ...] = getattr(target, "excludes", ())
        for other, found in components.items() if kinds else ():
            if isinstance(found, type) and issubclass(found, kinds):
                what = f"{class_name(found)} does not go with {class_name(target)}, which is {path}"
                yield Problem(other, what, hint="Choose one without the other.")


def _components(container: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every component inside plain data by its path, as what is called for it."""
    for key, value in container.items() if is_dict(container) else enumerate(container):
        if is_dict(value) or is_list(value):
            inside = f"{path}.{key}" if path else str(key)
            yield from _components(value, inside)
            target = value.get("_target_") if is_dict(value) else None
            if isinstance(target, str) and target in allowed():
                yield inside, locate(target)


def _site(node: DictConfig, group: Group[Any]) -> Site | None:
    """Where the entry of this component was written."""
    for option in group.options.values():
        found = origin(option)
        if found is not None and _same_target(found.target, node["_target_"]):
            return found.site
    return None


def _same_target(target: Any, path: object) -> bool:
    return isinstance(path, str) and path in allowed() and locate(path) is target


def _shown(value: Any) -> str:
    return repr(OmegaConf.to_container(value)) if OmegaConf.is_config(value) else repr(value)
