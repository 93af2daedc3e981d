"""Who decided what in a composed config: the command line, a preset, or the catalogue."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from project.config.guards import is_dict, is_list
from project.config.hydras import ENGINES
from project.config.root import presets

COMMAND_LINE = "command line"


def parsed(overrides: Iterable[str]) -> list[Override]:
    """Overrides as Hydra reads them."""
    return OverridesParser.create().parse_overrides(list(overrides))


def sources(overrides: Iterable[str]) -> Mapping[str, str]:
    """The source of every dotted path that the catalogue alone did not decide: `command line`, or `experiment=beeg`.

    Args:
        overrides: those of one job, as typed.
    """
    given = parsed(overrides)
    found = {path: source for override in given for path, source in _of_presets(override)}
    for override in given:
        if override.key_or_group not in presets():
            found.update((path, COMMAND_LINE) for path in _paths(override.key_or_group, override.value()))
    return found


def changes(group: str, preset: str) -> tuple[Mapping[str, list[str]], Mapping[str, Any]]:
    """What a preset changes: the options it chooses in each group, and the plain values it sets, or spaces."""
    node: Any = OmegaConf.to_container(ConfigStore.instance().load(f"{group}/{preset}.yaml").node, resolve=False)
    chosen = {key: value for line in node.pop("defaults") if is_dict(line) for key, value in line.items()}
    choices = {key.removeprefix("override /"): it if is_list(it) else [it] for key, it in chosen.items()}
    spaces: Any = node.pop("hydra", {"sweeper": {"params": {}}})["sweeper"]["params"]
    return {key: it for key, it in choices.items() if key not in ENGINES}, {**node, **spaces}


def _of_presets(override: Override) -> Iterator[tuple[str, str]]:
    """What the presets that an override chooses have decided, the later ones last."""
    group, chosen = override.key_or_group, override.value()
    if group not in presets():
        return
    for option in map(str, chosen if is_list(chosen) else [chosen]):
        if option not in presets()[group]:
            continue
        choices, values = changes(group, option)
        for path in [*choices, *(path for key, value in values.items() for path in _paths(key, value))]:
            yield path, f"{group}={option}"


def _paths(key: str, value: Any) -> Iterator[str]:
    """The paths that `key=value` sets: the leaves of a dict, which is merged, or the key itself."""
    if is_dict(value) and value:
        for name, item in value.items():
            yield from _paths(f"{key}.{name}", item)
    else:
        yield key.replace("/", ".")
