"""A run's own config, from its directory: on the command line again (`run=DIRECTORY`), or as it was composed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from hydra import compose, initialize
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from project.config.command import arguments
from project.config.group import groups
from project.config.guards import is_dict, is_list
from project.config.problem import ConfigError, Problem, did_you_mean

CHECKPOINTS = "checkpoints"
"""Where, in a run's directory, the catalogue has its checkpoints written."""


class Saved(NamedTuple):
    """What a run's directory holds of its config: what was composed, from which overrides and with which options."""

    directory: Path
    config: DictConfig
    overrides: list[str]
    choices: Mapping[str, str]

    def checkpoint(self, name: str) -> Path:
        """The checkpoint of that name.

        Raises:
            ConfigError: naming those that there are.
        """
        there = {path.stem: path for path in sorted((self.directory / CHECKPOINTS).glob("*.ckpt"))}
        if name not in there:
            what = f"{self.directory / CHECKPOINTS} has no checkpoint '{name}'"
            raise ConfigError([Problem("run", what, hint=did_you_mean(name, there))])
        return there[name]


def saved(directory: str | Path) -> Saved:
    """Read what a run has left in `.hydra/`.

    Raises:
        ConfigError: it is no run's directory.
    """
    path = Path(directory).expanduser()
    files = [path / ".hydra" / f"{name}.yaml" for name in ("config", "overrides", "hydra")]
    if not all(file.is_file() for file in files):
        runs = [str(found.parents[1]) for found in path.glob("**/.hydra/config.yaml")] if path.is_dir() else []
        hint = f"Runs below it: {', '.join(sorted(runs)[-3:])}" if runs else ""
        raise ConfigError([Problem("run", f"{path} is no run's directory: it has no .hydra/config.yaml", hint=hint)])
    config, overrides, hydra = (cast(Any, OmegaConf.load(file)) for file in files)
    return Saved(path, config, list(overrides), hydra.hydra.runtime.choices)


def restored(argv: Sequence[str]) -> list[str]:
    """`argv` with `run=DIRECTORY` written out as that run's config and checkpoint.

    The overrides in `argv` win; an option chosen anew comes without what the run had set in the old one. A run
    that is only evaluated (`run=DIRECTORY stages=[test]`) takes the best weights and writes elsewhere; one that is
    fitted goes on from its last checkpoint, in its own directory.

    Raises:
        ConfigError: no run's directory, or one without that checkpoint.
    """
    given = arguments(list(argv))
    own = _parsed(item for item in given.overrides if not item.startswith("run="))
    named = [item.partition("=")[2] for item in given.overrides if item.startswith("run=")]
    if not named:
        return list(argv)
    if len(named) > 1:
        raise ConfigError([Problem("run", "a run is restored from one directory", hint=f"Given: {', '.join(named)}")])
    run = saved(named[0])
    theirs = [*_parsed(run.overrides), *_parsed(_drift(run))]
    kept = [item.input_line or "" for item in theirs if not _replaced(item, own)]
    rest = [item for item in argv if not item.startswith("run=")]
    first = min((rest.index(item) for item in given.overrides if item in rest), default=len(rest))
    fits = "fit" in _stages([*theirs, *own])
    checkpoint = [] if _sets(own, "ckpt_path") else [run.checkpoint("last" if fits else "best").absolute()]
    weights = [f"ckpt_path={quoted(str(path))}" for path in checkpoint]
    home = [f"hydra.run.dir={quoted(str(run.directory.absolute()))}"] if fits and not given.multirun else []
    return [*rest[:first], *kept, *weights, *home, *rest[first:]]


def quoted(value: Any) -> str:
    """`value` in the grammar of Hydra's overrides."""
    if is_list(value):
        return f"[{','.join(map(quoted, value))}]"
    if is_dict(value):
        return f"{{{','.join(f'{key}:{quoted(item)}' for key, item in value.items())}}}"
    if isinstance(value, str):
        escaped = value.replace("\\'", "\\\\'").replace("'", "\\'")
        return f"'{escaped}'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _drift(run: Saved) -> list[str]:
    """As overrides, what the run's config says otherwise than its overrides give today."""
    with initialize(None, version_base=None):
        now = compose("config", overrides=run.overrides, return_hydra_config=True).hydra.runtime.choices
        chosen = [f"{group}={run.choices[group]}" for group in groups if run.choices.get(group) != now.get(group)]
        today = compose("config", overrides=[*run.overrides, *chosen])
    before, after = (OmegaConf.to_container(OmegaConf.create(OmegaConf.to_yaml(each))) for each in (run.config, today))
    return [*chosen, *(f"++{path}={quoted(value)}" for path, value in _changes(before, after))]


def _changes(then: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not is_dict(then) or not is_dict(now) or not then:
        if then != now:
            yield path, then
        return
    for key, value in then.items():
        yield from _changes(value, now.get(key), f"{path}.{key}" if path else str(key))


def _parsed(overrides: Any) -> list[Override]:
    return OverridesParser.create().parse_overrides(list(overrides))


def _replaced(item: Override, own: Sequence[Override]) -> bool:
    """Whether the command line says anew what `item` says, or chooses the component anew that it is about."""
    key = item.key_or_group
    chosen = {override.key_or_group for override in own if override.key_or_group in groups}
    again = not item.is_add() and _sets(own, key)
    return again or key == "output_dir" or key.startswith("hydra.") or key.partition(".")[0] in chosen


def _sets(overrides: Sequence[Override], key: str) -> bool:
    return any(override.key_or_group == key for override in overrides)


def _stages(overrides: Sequence[Override]) -> Any:
    values = [override.value() for override in overrides if override.key_or_group == "stages"]
    return values[-1] if values else ("fit",)
