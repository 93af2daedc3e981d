"""The command line, read before Hydra runs it: every job is composed and checked, and every mistake is explained."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf

from project.config.check import engine_problems, no_field, problems
from project.config.composer import COMPOSITION_ERRORS, Composer
from project.config.corners import ends
from project.config.group import groups
from project.config.hydras import VERSION_BASE, composing
from project.config.root import GRID, presets
from project.config.spaces import asked, undecided
from project.config.strangers import strangers
from project.problem import ConfigError, Problem, did_you_mean, first_line

Review = tuple[DictConfig | None, list[Problem]]
"""A composed config, None where it cannot be composed, and its problems."""
EXPLAINS = "help", "hydra_help", "info", "shell_completion"
"""Flags that answer a question and run nothing."""
_reviewed: dict[tuple[str, ...], DictConfig] = {}
"""What jobs came to when they were last reviewed, by their overrides."""


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line as Hydra reads it."""
    return get_args_parser().parse_args(argv)


def reviews(given: argparse.Namespace) -> tuple[list[list[str]], list[Review]]:
    """Every job that the command line asks for, as its overrides, and what a review of it found.

    Raises:
        ConfigError: what is wrong before there are jobs.
    """
    name, directory = given.config_name or "config", given.config_dir or given.config_path
    if found := list(_refused(given)):
        raise ConfigError(found)
    if directory and not Path(directory).is_dir():
        raise ConfigError([Problem("--config-dir", f"there is no directory '{directory}'")])
    absolute = directory and str(Path(directory).absolute())
    with initialize_config_dir(absolute, **VERSION_BASE) if absolute else composing():
        composed = Composer(name, swept=given.multirun)
        todo, unfit = _jobs(given, composed)
        reviewed = [_review(job, composed) for job in todo]
    _reviewed.update((_task(job), config) for job, (config, _) in zip(todo, reviewed, strict=True) if config)
    return todo, [(config, [*unfit, *found]) for config, found in reviewed]


def composed_in_review(job: Sequence[str]) -> DictConfig | None:
    """What a job came to when the command line was reviewed, without Hydra's own settings; None of an unknown one."""
    return _reviewed.get(_task(job))


def _task(job: Sequence[str]) -> tuple[str, ...]:
    return tuple(item for item in job if not item.lstrip("+~").startswith(("hydra.", "hydra/")))


def _jobs(given: argparse.Namespace, composed: Composer) -> tuple[list[list[str]], list[Problem]]:
    """The overrides of each job, one list of a plain run and one a point of a sweep's grid, and what is no grid."""
    parsed = _parser().parse_overrides(given.overrides)
    mode = [item.input_line for item in parsed if item.key_or_group == "hydra.mode"]
    if not given.multirun and mode != ["hydra.mode=MULTIRUN"]:
        return [given.overrides], []
    if asked(parsed):
        return ends(parsed, composed)
    drawn = [item for item in parsed if item.is_sweep_override() and not item.is_discrete_sweep()]
    what = "a grid takes lists of values, and draws from no interval"
    hint = "A search does: hydra/sweeper=optuna."
    grid = all(item.value() == GRID for item in parsed if item.key_or_group == "hydra/sweeper")
    unfit = [Problem(item.key_or_group, what, hint=hint) for item in drawn if grid]
    return BasicSweeper.split_arguments([item for item in parsed if item not in drawn], max_batch_size=None)[0], unfit


def _review(job: list[str], composed: Composer) -> Review:
    """Compose one job and check it; a composition that fails is explained override by override."""
    try:
        return _checked(composed(job))
    except COMPOSITION_ERRORS as error:
        if isinstance(error, MissingConfigException) and error.missing_cfg_file == composed.name:
            what = f"there is no config '{composed.name}'"
            return None, [Problem("--config-name", what, hint=did_you_mean(composed.name, ["config"]))]
        return None, list(_explained(job, composed)) or [Problem("", first_line(error))]


def _parser() -> OverridesParser:
    return OverridesParser.create(GlobalHydra.instance().config_loader())


def _refused(given: argparse.Namespace) -> Iterator[Problem]:
    """What is not in Hydra's grammar, and what would run code while a config is composed."""
    if given.experimental_rerun:
        yield Problem("--experimental-rerun", "a pickled job can run any code; name the overrides instead")
    for override in given.overrides:
        yield from _grammar(override)
        if override.lstrip("+").startswith("hydra.searchpath") and "pkg:" in override:
            yield Problem("hydra.searchpath", "a package in it is imported, and would run unchecked")
    file = Path(given.config_dir or given.config_path or "", f"{given.config_name}.yaml")
    if given.config_name and file.is_file() and "pkg:" in file.read_text():
        yield Problem(
            "hydra.searchpath", f"in {file}, a package in the search path is imported, and would run unchecked"
        )


def _checked(config: DictConfig) -> tuple[DictConfig, list[Problem]]:
    HydraConfig.instance().set_config(config)
    OmegaConf.set_struct(config, False)
    engines = [*engine_problems(config), *undecided(config.hydra)]
    hydra = config.pop("hydra")
    return config, [*problems(config), *engines, *strangers(hydra)]


def _explained(overrides: list[str], composed: Composer) -> Iterator[Problem]:
    """The mistake in each override that cannot be composed given the others that can, choices of options first."""
    parsed = _parser().parse_overrides(overrides)
    good: list[str] = []
    for override in sorted(parsed, key=lambda item: item.get_key_element().lstrip("+~") not in groups):
        line = override.input_line or ""
        try:
            composed([*good, line])
        except COMPOSITION_ERRORS as error:
            yield from _explain_each(override, error, composed(good))
        else:
            good.append(line)
    if good:
        yield from _checked(composed(good))[1]


def _grammar(override: str) -> Iterator[Problem]:
    try:
        OverridesParser.create().parse_override(override)
    except HydraException as error:
        what = first_line(error).removeprefix("Error parsing override ")
        yield Problem(override, f"cannot be read: {what}", hint="Quote a value that holds signs of Hydra's grammar.")


def _explain_each(override: Override, error: Exception, config: DictConfig) -> Iterator[Problem]:
    """The mistakes in one override: of a list of options, each that is unknown."""
    chosen, options = override.value(), _options(override.key_or_group)
    unknown = [str(option) for option in chosen if str(option) not in options] if isinstance(chosen, list) else []
    if not isinstance(error, MissingConfigException) or not unknown:
        yield _explain(override, error, config)
        return
    for option in unknown:
        yield Problem(override.key_or_group, f"there is no option '{option}'", hint=did_you_mean(option, options))


def _explain(override: Override, error: Exception, config: DictConfig) -> Problem:
    """What is wrong with one override, and what was probably meant."""
    key, line = override.key_or_group, override.input_line or ""
    options = _options(key)
    if isinstance(error, MissingConfigException):
        group, _, chosen = (error.missing_cfg_file or "").rpartition("/")
        return Problem(group or key, f"there is no option '{chosen}'", hint=did_you_mean(chosen, _options(group)))
    if override.is_sweep_override():
        hint = "For a sweep add --multirun; a list is written [a,b], and a text with commas is quoted."
        return Problem(key, "has several values", hint=hint)
    if override.is_delete() and _unknown(config, key) is None:
        many = key in groups and groups[key].many
        advice = f"Write {key}=[] for none." if many else "Set it to another value, or choose another option."
        return Problem(key, "cannot be deleted", hint=advice)
    if override.package is not None:
        return Problem(f"{key}@{override.package}", f"there is no '{override.package}'")
    value = override.value()
    inside = (_unknown(config, f"{key}.{part}") for part in value) if isinstance(value, dict) else ()
    if (nowhere := next(filter(None, inside), None)) is not None:
        return nowhere
    if options and "/" not in key:
        none = f"\nWrite {key}=[] for none." if key in groups and groups[key].many else ""
        what = f"{line.partition('=')[2] or 'nothing'} is no option"
        return Problem(key, what, hint=did_you_mean("", options) + none)
    nowhere = _unknown(config, key)
    if override.is_add() and not override.is_force_add() and nowhere is None:
        return Problem(key, "is there already", hint=f"Write {line.lstrip('+')}")
    if nowhere is not None:
        return nowhere
    return Problem(key, first_line(error.__cause__ or error), hint=f"in {line}")


def _unknown(config: DictConfig, key: str) -> Problem | None:
    """The first part of a dotted `key` that leads nowhere, with the names that are there."""
    node: Any = config
    done: list[str] = []
    for part in key.replace("@", ".").replace("/", ".").split("."):
        if not isinstance(node, DictConfig):
            return None
        done.append(part)
        if part not in node:
            if node is config and part in presets():
                return no_field(part)
            names = [str(name) for name in node if not str(name).startswith("_")]
            names += [] if node is not config else [*groups, *presets()]
            return Problem(".".join(done), f"there is no '{part}'", hint=did_you_mean(part, names))
        node = None if OmegaConf.is_missing(node, part) else OmegaConf.select(node, part)
    return None


def _options(group: str) -> list[str]:
    """The options of any group; what presets have put there stays hidden."""
    loader = GlobalHydra.instance().config_loader()
    return [option for option in loader.get_group_options(group) if not option.startswith("_")]
