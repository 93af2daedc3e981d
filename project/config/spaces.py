"""`Spaces`: what a search tries, written and checked as a change of the root config."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from project.config.entry import Origin, origin
from project.config.group import Group, groups
from project.config.guards import listed
from project.config.root import C, Presets, presets, slots
from project.config.space import Space
from project.problem import Problem

SWEEPER = "hydra/sweeper"


class Spaces(Presets[C]):
    """Named spaces to search: `Spaces[Config]("search", lr=conf(Config)(optimizer=conf_partial(Adam)(lr=...)))`.

    As a preset that tunes, it sets the arguments that it names on whichever option is chosen; those that `uniform`,
    `log_uniform`, `integers` and `choice` stand for are searched. Spaces stack (`search=[lr,model]`), and what the
    command line gives is not searched. Choosing them chooses the sweeper that searches.

    Args:
        group: the name of the spaces on the command line.
        options: the spaces by name.

    Raises:
        ConfigError: naming the space, field, file and line of every end of a space that does not fit.
    """

    _depth = 2

    def __init__(self, group: str, /, **options: C) -> None:
        super().__init__(group, tune=True, **options)

    def _space_problems(self, found: Origin) -> Sequence[Problem]:
        return [Problem(path, what, found.site) for path in found.spaces if (what := _unfit(path, found))]

    def _searched(self, found: Origin) -> tuple[list[Any], dict[str, Any]]:
        params = {path: space.sweep or ",".join(_names(path, space)) for path, space in found.spaces.items()}
        lines = [{f"override /{SWEEPER}": option} for option in searchers()]
        return lines[:1], {"hydra": {"sweeper": {"params": params}}} if params else {}


def searchers() -> list[str]:
    """The sweepers of the catalogue that search."""
    options = groups[SWEEPER].options if SWEEPER in groups else {}
    return [name for name, config in options.items() if (found := origin(config)) and searches(found.target)]


def searching(group: str) -> bool:
    """Whether the presets of a group are spaces, as what is stored of them tells."""
    store = ConfigStore.instance()
    return any("hydra" in store.load(f"{group}/{name}.yaml").node for name in presets().get(group, ()))


def searches(sweeper: Any) -> bool:
    """Whether a sweeper takes spaces."""
    return bool(getattr(sweeper, "searches", False))


def asked(parsed: Iterable[Override]) -> bool:
    """Whether a command line of several jobs asks for a search."""
    return any(
        searching(item.key_or_group) or (item.key_or_group == SWEEPER and item.value() in searchers())
        for item in parsed
    )


def joined(parsed: Sequence[Override], params: Mapping[str, str] | None) -> list[Override]:
    """What the command line asks for, and of the spaces those that it leaves open."""
    given = {item.key_or_group for item in parsed}
    more = [f"{path}={sweep}" for path, sweep in (params or {}).items() if path not in given]
    return [*parsed, *OverridesParser.create().parse_overrides(more)]


def undecided(hydra: Any) -> Iterator[Problem]:
    """What a plain run leaves open that is searched by the spaces that it has chosen."""
    params: Mapping[str, str] = hydra.sweeper.get("params") or {}
    # Not through the list's items: an override that refers to something would be resolved.
    written: list[str] = listed(OmegaConf.to_container(hydra.overrides.task, resolve=False)) if params else []
    given = {item.key_or_group for item in OverridesParser.create().parse_overrides(written)}
    for path, sweep in params.items():
        if path not in given:
            yield Problem(path, f"is to be searched: {sweep}", hint="Add --multirun, or give its value.")


def _unfit(path: str, found: Origin) -> str:
    """Why there can be no space at `path`."""
    parts, space = path.split("."), found.spaces[path]
    if any(part.isdigit() or part == "*" for part in parts):
        return "only what has a name is searched: a list and what is given by position are not"
    if any(f"{path}.".startswith(f"{other}.") for other in found.spaces if other != path):
        return "a space inside a choice; write it beside the choice, in spaces of its own"
    if space.sweep:
        return ""
    group = slots().get(path)
    if group is None or group.many:
        return "components are chosen for a slot that holds one of them"
    if len(_names(path, space)) < len(space.ends):
        return f"a choice is among the options of the group; write {path}[...]"
    return ""


def _names(path: str, space: Space) -> list[str]:
    """The names of the options of a group that a choice is among."""
    group: Group[Any] = slots()[path]
    return [name for end in space.ends for name, known in group.options.items() if known is end]
