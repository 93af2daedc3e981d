"""What every sweep begins with: its directory, its launcher, and whether it may go on there."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, read_write

from project.config.engine import Engine
from project.config.guards import listed
from project.config.job import APART, identity
from project.config.loader import SharingLoader
from project.config.quote import quoted
from project.config.root import SETTINGS
from project.config.written import parse, read
from project.problem import ConfigError, Problem
from project.sweeps import plan
from project.sweeps.jobs import bury
from project.sweeps.plan import Wanted
from project.sweeps.record import Asked


def placed(settings: DictConfig, earlier: Callable[[Path], Path | None]) -> Path:
    """The directory of a sweep, with which every job is composed from now on, whatever the time is then.

    Args:
        settings: the sweep's.
        earlier: the sweep below a folder that is gone on with, unless a directory was asked for; None for a new one.
    """
    directory = _directory(settings, earlier)
    with read_write(settings.hydra):
        settings.hydra.sweep.dir = str(directory)
        settings.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(str(directory))}")
    return directory


def _directory(settings: DictConfig, earlier: Callable[[Path], Path | None]) -> Path:
    given = listed(OmegaConf.to_container(settings.hydra.sweep, resolve=False))["dir"]
    directory = Path(settings.hydra.sweep.dir)
    if given != SETTINGS["sweep"]["dir"]:
        directory.mkdir(parents=True, exist_ok=True)
        return directory
    # `sweep=new` asks for it in as many words.
    asked = any(str(item).startswith("hydra.sweep.dir=") for item in settings.hydra.overrides.hydra)
    return (None if asked else earlier(Path(given.partition("/")[0]))) or plan.new(directory)


def engine(context: HydraContext, task: TaskFunction, settings: DictConfig, directory: Path) -> Launcher:
    """The launcher, when nothing is left of what it began in the directory for an earlier start."""
    loader: Any = SharingLoader(context.config_loader)
    sharing = HydraContext(config_loader=loader, callbacks=context.callbacks)
    made = Plugins.instance().instantiate_launcher(sharing, task, settings)
    if isinstance(made, Engine) and made.outlast():
        bury(directory)
    return made


def wanted(overrides: Sequence[str], config: DictConfig) -> Wanted:
    """The job that those overrides ask for.

    Args:
        overrides: what tells it from the others.
        config: what it is composed of, without Hydra's settings.
    """
    monitor, mode = str(config.get("monitor") or ""), cast(Literal["min", "max"], str(config.get("mode") or "max"))
    return Wanted(tuple(overrides), identity(config), monitor, mode, partial(_written, config))


def without_hydra(composed: DictConfig) -> DictConfig:
    """A job's config, of one that was composed with Hydra's settings."""
    OmegaConf.set_struct(composed, False)
    composed.pop("hydra")
    return composed


def refuse_changed(known: Sequence[Asked], now: Sequence[Wanted], directory: Path) -> None:
    """Refuse to go on with jobs whose config, or whose code, is not the one that they were begun with.

    Raises:
        ConfigError: with what has changed.
    """
    if changed := plan.changes(known, now, directory, _ran):
        what = "\n    ".join([f"since {directory} was begun, there has changed", *changed])
        hint = "resume=anyway goes on all the same, and keeps what has finished; sweep=new begins another sweep."
        raise ConfigError([Problem("sweep", what, hint=hint)])


def _written(config: DictConfig) -> Mapping[str, Any]:
    """A config as Hydra writes it to a job's directory and reads it again, without what changes no job."""
    found: dict[str, Any] = listed(OmegaConf.to_container(parse(OmegaConf.to_yaml(config))))
    return {key: value for key, value in found.items() if key not in APART}


def _ran(directory: Path) -> Mapping[str, Any]:
    try:
        return _written(read(directory / ".hydra" / "config.yaml"))
    except FileNotFoundError:
        return {}
