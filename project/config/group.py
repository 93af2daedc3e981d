"""`Group`: the options of one slot, each checked to be of the slot's kind and registered in Hydra's ConfigStore."""

import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from project.config.entry import origin, uncalled
from project.config.hydras import ENGINES, plug_in, store
from project.config.kind import misfit
from project.config.refs import Ref
from project.config.signature import name
from project.config.validate import written
from project.config.values import is_entry
from project.problem import ConfigError, Problem, Site, did_you_mean

T = TypeVar("T")

groups: dict[str, "Group[Any]"] = {}


@dataclass(frozen=True)
class Default:
    """The options that a root field starts with; `root` turns it into a line of Hydra's defaults list."""

    group: "Group[Any]"
    options: tuple[str, ...]

    @property
    def line(self) -> dict[str, str | list[str]]:
        """What Hydra's defaults list says of it."""
        return {self.group.group: list(self.options) if self.group.many else self.options[0]}


class Group(Generic[T]):
    """The options of one slot: `Group[nn.Module]("model", mlp=conf(MLP)(...), ...)`.

    A second `Group` of the same name adds options to it, from a file of one's own.

    Args:
        group: the name of the slot on the command line.
        many: choose any number of options (`callbacks=[a,b]`), each tuned under its own name
            (`callbacks.a.patience=9`); the slot then holds a `dict[str, T]`.
        options: the configs by name, each statically a `T`.

    Raises:
        ConfigError: naming group, option, file and line of every option that is no config of a `T`.
    """

    kind: Any = None

    if not TYPE_CHECKING:  # the kind is an argument at run time too

        def __class_getitem__(cls, kind: Any) -> Any:
            if isinstance(kind, TypeVar):
                return super().__class_getitem__(kind)
            return functools.partial(cls, _kind=kind)

    def __init__(self, group: str, /, *, many: bool = False, **options: T) -> None:
        self.kind = options.pop("_kind", None)
        self.group, self.many, self.site = group, many, _site()
        self.options: dict[str, T] = dict(options)
        known = _earlier(self)
        problems = [p for option in options for p in self._problems(option, known)]
        if problems:
            raise ConfigError(problems)
        self.options = {**known, **self.options}
        groups[group] = self
        for option in options:
            self._store(option)

    def __getitem__(self, option: str) -> T:
        """The config of `option`, to be used inside another."""
        return self.options[self._known(option)]

    def default(self, option: str, /) -> T:
        """The option that a field of the root config starts with."""
        if self.many:
            raise ConfigError([self.misuse("holds many options; write defaults(...)", Site.of_caller())])
        return cast(T, Default(self, (self._known(option),)))

    def defaults(self, *options: str) -> dict[str, T]:
        """The options that a field of the root config starts with, of a group of many."""
        if not self.many:
            raise ConfigError([self.misuse("holds one option; write default(...)", Site.of_caller())])
        return cast(dict[str, T], Default(self, tuple(map(self._known, options))))

    def package(self, option: str) -> str:
        """Where Hydra puts `option` in the composed config."""
        path = self.group.replace("/", ".")
        return f"{path}.{option}" if self.many else path

    def misfits(self, config: Any) -> list[Problem]:
        """What makes `config`, placed in this group, wrong: not a config, of the wrong kind, or wrong in itself."""
        found = origin(config)
        if found is None:
            return [Problem("", self._not_a_config(config))]
        wrong = misfit(found.target, found.partial, self.kind)
        return [*found.problems, *([Problem("", wrong, found.site)] if wrong else [])]

    def misuse(self, what: str, site: Site, hint: str = "") -> Problem:
        """A mistake about the group itself."""
        return Problem(self.group, f"the group {what}", site, hint)

    def _known(self, option: str) -> str:
        if option not in self.options:
            problem = self.misuse(f"has no option '{option}'", Site.of_caller(2), did_you_mean(option, self.options))
            raise ConfigError([problem])
        return option

    def _problems(self, option: str, known: Mapping[str, T]) -> list[Problem]:
        config = self.options[option]
        misplaced = () if (known_of := origin(config)) is None else known_of.misplaced
        found = [problem.under(f"{self.group}.{option}") for problem in (*self.misfits(config), *misplaced)]
        if option in known:
            found.append(Problem(f"{self.group}.{option}", "this option exists already", groups[self.group].site))
        return [Problem(p.path, p.what, p.site or self.site, p.hint) for p in found]

    def _not_a_config(self, config: Any) -> str:
        if (what := uncalled(config)) is not None:
            return what
        if isinstance(config, Default):
            return f"a default is for a field of the root; write {config.group.group}[...]"
        if isinstance(config, Ref):
            return f"the reference {config}, where a component belongs; write conf(...)(...)"
        if isinstance(config, type) or inspect.isroutine(config):
            advice = f"write conf({name(config)})(...)" if name(config).isidentifier() else "write it as a function"
            return f"{name(config)} itself; {advice}"
        if config is None or isinstance(config, str | int | float):
            return f"{config!r} is no config; write conf(...)(...)"
        if is_entry(config):
            return "a config of another make; write conf(...)(...)"
        return f"a live {type(config).__name__} object; write conf({type(config).__name__})(...)"

    def _store(self, option: str) -> None:
        node, package = self.options[option], self.package(option)
        if self.group in ENGINES:
            found = origin(node)
            assert found  # `_problems` has seen to it
            plug_in(found.target)
        store(name=option, node=node, group=self.group, package=package)


def _site() -> Site:
    """The line of the `Group[...](...)` call: `functools.partial` leaves no frame of its own."""
    return Site.of_caller(2)


def _earlier(group: Group[Any]) -> Mapping[str, Any]:
    """The options that a group of this name has from elsewhere; none when its module is being executed anew."""
    if group.kind is None:
        raise ConfigError([group.misuse(f'says no kind; write Group[...]("{group.group}", ...)', group.site)])
    earlier = groups.get(group.group)
    if earlier is None or (earlier.site.file == group.site.file and earlier.site.run != group.site.run):
        return {}
    if (earlier.kind, earlier.many) != (group.kind, group.many):
        was = f"takes {'many ' if earlier.many else ''}{written(earlier.kind)}, as declared at {earlier.site}"
        raise ConfigError([group.misuse(was, group.site)])
    return earlier.options
