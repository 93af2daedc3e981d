"""A run's own config, from its directory: on the command line again (`run=`, `rerun=`), or as it was composed."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from project.config.command import arguments
from project.config.group import groups
from project.config.guards import is_dict
from project.config.hydras import composing
from project.config.quote import quoted
from project.config.root import slots
from project.config.sources import parsed
from project.config.written import parse, read
from project.problem import ConfigError, Problem, did_you_mean

_YAMLError: type[Exception] = import_module("yaml").YAMLError  # which comes without types
CHECKPOINTS = "checkpoints"
"""Where, in a run's directory, the catalogue has its checkpoints written."""


class Saved(NamedTuple):
    """What a run's directory holds of its config: what was composed, from which overrides and with which options."""

    directory: Path
    config: DictConfig
    overrides: list[str]
    choices: Mapping[str, str]
    written_to: Path

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
    try:
        config, overrides, hydra = map(read, files)
        runtime = hydra.hydra.runtime
        found = Saved(path, config, list(overrides), runtime.choices, Path(runtime.output_dir))
    except (_YAMLError, OmegaConfBaseException, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise ConfigError([Problem("run", f"what is in {path / '.hydra'} is not what Hydra wrote: {error}")]) from error
    # Hydra writes its own elsewhere; those here would be somebody else's, and a search path is imported.
    if alien := [item.input_line for item in parsed(found.overrides) if item.key_or_group.startswith("hydra")]:
        raise ConfigError([Problem("run", f"{files[1]} is not what Hydra wrote: {alien[0]}")])
    return found


def restored(argv: Sequence[str]) -> list[str]:
    """`argv` with `run=DIRECTORY` or `rerun=DIRECTORY` written out as that run's config.

    The overrides in `argv` win; an option chosen anew comes without what the run had set in the old one. Of `run`, one
    that is only evaluated (`run=DIRECTORY stages=[test]`) takes the best weights and writes elsewhere, and one that is
    fitted is resumed, in its own directory. A `rerun` begins from scratch, in a new directory.

    Raises:
        ConfigError: no run's directory, or one without that checkpoint.
    """
    given = arguments(list(argv))
    named = [item for item in given.overrides if item.startswith(("run=", "rerun="))]
    if not named:
        return list(argv)
    if len(named) > 1:
        what = "a run is restored from one directory, to go on (run=) or to be repeated (rerun=)"
        raise ConfigError([Problem("run", what, hint=f"Given: {', '.join(named)}")])
    own = parsed(item for item in given.overrides if item not in named)
    kind, _, directory = named[0].partition("=")
    run = saved(directory)
    theirs = [item for item in [*parsed(run.overrides), *parsed(_drift(run))] if not _replaced(item, own)]
    kept, added = _anew(run, theirs) if kind == "rerun" else _further(run, theirs, own, given.multirun)
    rest = [item for item in argv if item not in named]
    first = min((rest.index(item) for item in given.overrides if item in rest), default=len(rest))
    return [*rest[:first], *(item.input_line or "" for item in kept), *added, *rest[first:]]


def _further(
    run: Saved, theirs: list[Override], own: Sequence[Override], multirun: bool
) -> tuple[list[Override], list[str]]:
    """What is kept of a run's overrides and what is added to them, so that it goes on or is evaluated."""
    if "fit" not in _stages([*theirs, *own]):
        best = [] if _sets(own, "ckpt_path") else [run.checkpoint("best").absolute()]
        return theirs, [f"ckpt_path={quoted(str(path))}" for path in best]
    if multirun:
        last = [] if _sets(own, "ckpt_path") else [run.checkpoint("last").absolute()]
        return theirs, [f"ckpt_path={quoted(str(path))}" for path in last]
    goes_on = [] if _sets(own, "ckpt_path") or _sets(own, "resume") else ["resume=true"]
    return theirs, [*goes_on, f"hydra.run.dir={quoted(str(run.directory.absolute()))}"]


def _anew(run: Saved, theirs: list[Override]) -> tuple[list[Override], list[str]]:
    """Likewise, so that it begins again: where it was once continued, without its own checkpoint."""
    start = Path(str(run.config.get("ckpt_path") or ""))
    own = any(start.is_relative_to(home) for home in (run.directory.absolute(), run.written_to))
    kept = [item for item in theirs if not (own and item.key_or_group == "ckpt_path")]
    return kept, [f"rerun={quoted(str(run.directory.absolute()))}"]


def _drift(run: Saved) -> list[str]:
    """As overrides, what the run's config says otherwise than its overrides give today."""
    with composing():
        now = compose("config", overrides=run.overrides, return_hydra_config=True).hydra.runtime.choices
        chosen = [f"{group}={run.choices[group]}" for group in slots() if run.choices.get(group) != now.get(group)]
        today = compose("config", overrides=[*run.overrides, *chosen])
    before, after = (OmegaConf.to_container(parse(OmegaConf.to_yaml(each))) for each in (run.config, today))
    return [*chosen, *(f"++{path}={quoted(value)}" for path, value in _changes(before, after))]


def _changes(then: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not is_dict(then) or not is_dict(now) or not then:
        if then != now:
            yield path, then
        return
    for key, value in then.items():
        yield from _changes(value, now.get(key), f"{path}.{key}" if path else str(key))


def _replaced(item: Override, own: Sequence[Override]) -> bool:
    """Whether the command line says anew what `item` says, or chooses the component anew that it is about."""
    key = item.key_or_group
    chosen = {override.key_or_group for override in own if override.key_or_group in groups}
    again = not item.is_add() and _sets(own, key)
    of_a_start = key in {"output_dir", "rerun", "resume"} or key.startswith("hydra.")
    return again or of_a_start or key.partition(".")[0] in chosen


def _sets(overrides: Sequence[Override], key: str) -> bool:
    return any(override.key_or_group == key for override in overrides)


def _stages(overrides: Sequence[Override]) -> Any:
    values = [override.value() for override in overrides if override.key_or_group == "stages"]
    return values[-1] if values else ("fit",)
