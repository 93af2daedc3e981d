"""`root` and `Presets`: the run's config as a whole, and named changes to it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, cast, get_type_hints

from hydra_zen import ZenField
from omegaconf import MISSING

from project.config.entry import Origin, origin
from project.config.group import Default, Group, groups
from project.config.hydras import store
from project.config.signature import name
from project.config.space import Space
from project.config.values import UnsupportedError, encode, make_config
from project.problem import ConfigError, Problem, Site, did_you_mean

C = TypeVar("C")

SETTINGS: Mapping[str, Any] = {
    "job": {"name": "train"},
    "run": {"dir": "outputs/${now:%Y-%m-%d}/${now:%H-%M-%S-%f}"},
    "sweep": {"dir": "multirun/${now:%Y-%m-%d}/${now:%H-%M-%S-%f}", "subdir": "${hydra.job.num}"},
}
"""Hydra's own settings: every run and every sweep gets a directory that no other has."""
GRID = "grid"
"""The option that takes the place of Hydra's own `basic`, where the catalogue has it."""
LOGGING: Mapping[str, Any] = {
    "defaults": ["default", "_self_"],
    "formatters": {"brief": {"format": "%(message)s"}},
    "handlers": {"console": {"formatter": "brief"}},
}
"""The terminal shows messages alone; the run's log file says when and by whom."""


@dataclasses.dataclass
class _Root:
    """What `root` was last given."""

    config: type | None = None
    hints: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    starts: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    slots: dict[str, Group[Any]] = dataclasses.field(default_factory=dict[str, Group[Any]])
    fields: list[ZenField] = dataclasses.field(default_factory=list[ZenField])
    defaults: list[Any] = dataclasses.field(default_factory=list[Any])
    presets: dict[str, list[str]] = dataclasses.field(default_factory=dict[str, list[str]])

    def store(self) -> None:
        store(name="brief", node=dict(LOGGING), group="hydra/job_logging")
        defaults: list[Any] = [*self.defaults, {"override hydra/job_logging": "brief"}]
        if "hydra/sweeper" in groups and (node := groups["hydra/sweeper"].options.get(GRID)) is not None:
            # Not by an override here, which would win over that of the spaces to search.
            store(name="basic", node=node, group="hydra/sweeper", package="hydra.sweeper")
        store(name="config", node=make_config(*self.fields, hydra_defaults=defaults))


_root = _Root()
state: dict[str, Any] = vars(_root)
"""All that there is to know of it, for a snapshot to stand in."""


def root(config: type[C], /) -> type[C]:
    """Make a dataclass the root of the composed config, which Hydra finds as `config`.

    A field that starts with `group.default("...")` is a slot of that group; every other field is a plain value.

    Raises:
        ConfigError: naming the fields whose default is neither.
    """
    site, hints = Site.of_caller(), get_type_hints(config, include_extras=True)
    starts: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(cast(Any, config))}
    problems = [problem for name, start in starts.items() for problem in _start_problems(name, start)]
    if problems:
        raise ConfigError([dataclasses.replace(problem, site=site) for problem in problems])
    _root.config, _root.hints, _root.presets = config, hints, {}
    _root.starts = starts
    _root.slots = {name: start.group for name, start in starts.items() if isinstance(start, Default)}
    _root.fields = [_field(name, start, hints[name]) for name, start in starts.items()]
    _root.fields.append(ZenField(Any, dict(SETTINGS), "hydra"))
    _root.defaults = ["_self_", *(start.line for start in starts.values() if isinstance(start, Default))]
    _root.store()
    return config


def slots() -> Mapping[str, Group[Any]]:
    """The groups of the root config, by the name of the field."""
    return _root.slots


def starts() -> Mapping[str, Any]:
    """What the fields of the root config start with: a `Default` or a plain value."""
    return _root.starts


def annotations() -> Mapping[str, Any]:
    """What the fields of the root config are annotated as."""
    return _root.hints


def root_class() -> type:
    """The root config as it was written."""
    assert _root.config, "a catalogue has a @root"
    return _root.config


def presets() -> Mapping[str, list[str]]:
    """The names of the presets of the root config, by group."""
    return _root.presets


class Presets(Generic[C]):
    """Named changes to the root config: `Presets[Config]("experiment", big=conf(Config)(model=..., seed=7))`.

    Each field given replaces that field, a component as a whole. Presets stack (`experiment=[big,sgd]`): the later one
    wins over the earlier, and the command line over all.

    Args:
        group: the name of the presets on the command line.
        tune: a component given replaces nothing: the arguments that it names are set on whichever option is chosen.
        options: the presets by name.

    Raises:
        ConfigError: naming preset, field, file and line of every change that does not fit.
    """

    _depth = 1  # calls up to the line that writes the presets

    def __init__(self, group: str, /, *, tune: bool = False, **options: C) -> None:
        self.group, self.tune, self.site = group, tune, Site.of_caller(self._depth)
        problems = [p.under(f"{group}.{option}") for option, preset in options.items() for p in self._problems(preset)]
        if problems:
            raise ConfigError([dataclasses.replace(p, site=p.site or self.site) for p in problems])
        for option, preset in options.items():
            self._store(option, preset)
        if group not in _root.presets:
            _root.defaults.append({group: []})
            _root.store()
        _root.presets[group] = [*_root.presets.get(group, ()), *options]

    def _problems(self, preset: Any) -> list[Problem]:
        found = origin(preset)
        if _root.config is None or found is None or found.target is not _root.config:
            wanted = "the root config" if _root.config is None else f"conf({name(_root.config)})(...)"
            return [Problem("", f"a preset is written as {wanted}")]
        inside = [
            dataclasses.replace(problem.under(field), site=problem.site or found.site)
            for field, value in found.given.items()
            for problem in _change_problems(field, value)
        ]
        every = [*self._space_problems(found), *found.problems, *inside]
        return list({problem.path: problem for problem in every if problem.path}.values())

    def _space_problems(self, found: Origin) -> Sequence[Problem]:
        """What is wrong with the spaces in a preset."""
        return found.misplaced

    def _searched(self, found: Origin) -> tuple[list[Any], dict[str, Any]]:
        """What Hydra is told of the spaces in a preset: lines of its defaults list, and settings."""
        return [], {}

    def _store(self, option: str, preset: Any) -> None:
        """Register each component given as an option of its own group, and the preset as the choice of these."""
        found = origin(preset)
        assert found  # `_problems` has seen to it
        choices, values = self._searched(found)
        for field, value in found.given.items():
            if field in found.spaces:
                continue
            if field not in _root.slots:
                values[field] = encode(value)
                continue
            group = _root.slots[field]
            if self.tune:
                tuned = {key: given for key, config in _parts(group, value) if (given := _given(config))}
                if tuned:
                    values[field] = tuned if group.many else tuned[""]
                continue
            chosen = [self._choice(group, option, key, config) for key, config in _parts(group, value)]
            choices.append({f"override /{group.group}": chosen if group.many else chosen[0]})
        node = {"defaults": [*choices, "_self_"], **values}
        store(name=option, node=node, group=self.group, package="_global_")

    def _choice(self, group: Group[Any], preset: str, key: str, config: Any) -> str:
        """The name under which `config` can be chosen in `group`; an option that exists already keeps its own."""
        existing = (option for option, known in group.options.items() if known is config and key in ("", option))
        if (option := next(existing, None)) is not None:
            return option
        # An option of the group itself, which Hydra 1.4 asks for; its underscore keeps it out of suggestions.
        name = "_" + "_".join(filter(None, (self.group, preset, key)))
        package = group.package(key)
        store(name=name, node=config, group=group.group, package=package)
        return name


def _parts(group: Group[Any], value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if group.many else [("", value)]


def _given(config: Any) -> dict[str, Any]:
    """The arguments that an entry names, none of its defaults, and none that is searched."""
    found = origin(config)
    assert found
    return {key: getattr(config, key) for key in found.given if key not in found.spaces}


def _field(name: str, start: Any, annotation: Any) -> ZenField:
    """The field of the composed config: a slot is filled by Hydra's defaults list, any other has its value."""
    if isinstance(start, Default):
        return ZenField(Any, {} if start.group.many else MISSING, name)
    return ZenField(annotation, encode(start, annotation), name)


def _start_problems(name: str, start: Any) -> list[Problem]:
    """What is wrong with `start` as the default of the root field `name`."""
    if isinstance(start, Default):
        what = f"the slot of group '{start.group.group}' must have the group's name"
        return [] if name == start.group.group else [Problem(name, what)]
    if start is dataclasses.MISSING:
        return [Problem(name, "a root field needs a default: a value, or group.default(...)")]
    try:
        encode(start)
    except UnsupportedError as error:
        made = type(error.args[1]).__name__
        return [Problem(name, f"a live {made} object; a component is chosen by group.default(...)")]
    return []


def _change_problems(field: str, value: Any) -> list[Problem]:
    """What is wrong with `value` as a preset's change of `field`."""
    if isinstance(value, Space):
        return [problem for end in value.ends for problem in _change_problems(field, end)]
    if field not in _root.slots:
        known = [str(item.name) for item in _root.fields if item.name != "hydra"]
        return [] if field in known else [Problem("", "no such field", hint=did_you_mean(field, known))]
    group = _root.slots[field]
    if group.many and not isinstance(value, dict):
        return [Problem("", f"the group holds many options; write {{name: {group.group}[...]}}")]
    return [p.under(key) if key else p for key, config in _parts(group, value) for p in group.misfits(config)]
