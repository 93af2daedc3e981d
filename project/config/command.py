"""The command line, read before Hydra runs it: every job is composed and checked, and every mistake is explained."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hydra import compose, initialize, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, MissingConfigException
from hydra.plugins.config_source import ConfigLoadError
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from project.config.check import problems
from project.config.component import keys
from project.config.group import groups
from project.config.problem import Problem, did_you_mean
from project.config.root import presets

EXPLAINS = "help", "hydra_help", "info", "shell_completion"
"""Flags that answer a question and run nothing."""


CALLED = "_target_", "class", "()"
"""The keys whose value Hydra, or the logging module, imports and calls."""
HYDRAS_OWN = (
    *("hydra._internal.core_plugins.", "hydra_plugins.", "hydra.experimental.callbacks.", "colorlog."),
    *("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler", "logging.Formatter", "logging.handlers."),
)
COMPOSITION_ERRORS = HydraException, OmegaConfBaseException, ValueError


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line as Hydra reads it."""
    return get_args_parser().parse_args(argv)


def jobs(given: argparse.Namespace) -> list[list[str]]:
    """The overrides of each job: one list of a plain run, one a point of a sweep's grid."""
    if not given.multirun:
        return [given.overrides]
    parsed = OverridesParser.create().parse_overrides(given.overrides)
    if any(override.is_sweep_override() and not override.is_discrete_sweep() for override in parsed):
        return []  # a search space, from which the sweeper draws
    return BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]


def review(given: argparse.Namespace, job: list[str]) -> tuple[DictConfig | None, list[Problem]]:
    """Compose one job and check it; a composition that fails is explained override by override."""
    name = given.config_name or "config"
    directory = given.config_dir and str(Path(given.config_dir).absolute())
    with initialize_config_dir(directory, version_base=None) if directory else initialize(None, version_base=None):
        try:
            return _checked(_composed(job, name))
        except COMPOSITION_ERRORS as error:
            found = list(_explained(job, name))
            return None, found or [Problem("", _first_line(error))]


def unreadable(given: argparse.Namespace) -> list[Problem]:
    """The overrides that are not in Hydra's grammar."""
    if given.experimental_rerun:
        return [Problem("--experimental-rerun", "a pickled job can run any code; name the overrides instead")]
    return [problem for override in given.overrides for problem in _grammar(override)]


def _composed(overrides: list[str], config_name: str) -> DictConfig:
    config = compose(config_name, overrides=overrides, return_hydra_config=True)
    with open_dict(config):
        # What Hydra fills in when a job starts; the check asks whether it can be referred to.
        config.hydra.runtime.output_dir = config.hydra.run.dir = "outputs"
        config.hydra.job.num, config.hydra.job.id = 0, "0"
    return config


def _checked(config: DictConfig) -> tuple[DictConfig, list[Problem]]:
    HydraConfig.instance().set_config(config)
    OmegaConf.set_struct(config, False)
    hydra = config.pop("hydra")
    return config, [*problems(config), *_strange_hydra(hydra)]


def _explained(overrides: list[str], config_name: str) -> Iterator[Problem]:
    """The mistake in each override that cannot be composed given the others that can, choices of options first."""
    parser = OverridesParser.create()
    parsed = [parser.parse_override(override) for override in overrides]
    good: list[str] = []
    for override in sorted(parsed, key=lambda item: item.get_key_element().lstrip("+~") not in groups):
        line = override.input_line or ""
        try:
            config = _composed([*good, line], config_name)
        except COMPOSITION_ERRORS as error:
            yield _explain(override, error, _composed(good, config_name))
        else:
            good.append(line)
            del config
    if good:
        yield from _checked(_composed(good, config_name))[1]


def _grammar(override: str) -> Iterator[Problem]:
    try:
        OverridesParser.create().parse_override(override)
    except HydraException as error:
        what = _first_line(error).removeprefix("Error parsing override ")
        yield Problem(override, f"cannot be read: {what}", hint="Quote a value that holds signs of Hydra's grammar.")


def _explain(override: Override, error: Exception, config: DictConfig) -> Problem:
    """What is wrong with one override, and what was probably meant."""
    key, line = override.key_or_group, override.input_line or ""
    if isinstance(error, MissingConfigException):
        group, _, chosen = (error.missing_cfg_file or "").rpartition("/")
        return Problem(group or key, f"there is no option '{chosen}'", hint=did_you_mean(chosen, _options(group)))
    if isinstance(error.__cause__, OmegaConfBaseException) and not _unknown(config, key):
        what = _first_line(error.__cause__)
        return Problem(key, what, hint=f"in {line}")
    if key not in presets() and (unknown := _unknown(config, key)) is not None:
        path, name, names = unknown
        return Problem(path, f"there is no '{name}'", hint=did_you_mean(name, names))
    return Problem(key, _first_line(error), hint=f"in {line}")


def _unknown(config: DictConfig, key: str) -> tuple[str, str, list[str]] | None:
    """The first part of a dotted `key` that leads nowhere: its path, its name, and the names that are there."""
    node: Any = config
    done: list[str] = []
    for part in key.replace("@", ".").replace("/", ".").split("."):
        if not isinstance(node, DictConfig):
            return None
        done.append(part)
        if part not in node:
            names = [str(name) for name in node if not str(name).startswith("_")]
            names += [] if node is not config else list(groups)
            return ".".join(done), part, names
        node = None if OmegaConf.is_missing(node, part) else OmegaConf.select(node, part)
    return None


def _options(group: str) -> list[str]:
    """The options of any group in the ConfigStore; what presets have put below it stays hidden."""
    try:
        stored = [item.removesuffix(".yaml") for item in ConfigStore.instance().list(group) if item.endswith(".yaml")]
        return [option for option in stored if not option.startswith("_")]
    except ConfigLoadError:
        return []


def _strange_hydra(node: Any, path: str = "hydra") -> Iterator[Problem]:
    """Targets in Hydra's own settings that are not Hydra's or a plugin's: they would run before the job does."""
    for key in keys(node):
        if OmegaConf.is_missing(node, key) or OmegaConf.is_interpolation(node, key):
            continue
        value = node[key]
        if isinstance(value, DictConfig | ListConfig):
            yield from _strange_hydra(value, f"{path}.{key}")
        elif key in CALLED and value is not None and not str(value).startswith(HYDRAS_OWN):
            yield Problem(f"{path}.{key}", f"'{value}' is neither Hydra's nor a plugin's, and would run unchecked")


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
