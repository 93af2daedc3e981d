"""Composing jobs as Hydra does; what jobs have in common is composed once."""

import copy
from functools import lru_cache
from typing import Any

from hydra import compose
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict
from omegaconf.errors import OmegaConfBaseException

from project.config.merging import AtOnce
from project.config.root import annotations, presets, slots

COMPOSITION_ERRORS = HydraException, OmegaConfBaseException, ValueError, AssertionError
"""What a config is refused with that cannot be composed."""
KEPT = 64
"""Choices of options that are kept composed; a sweep goes through its grid in order."""


class Composer:
    """Composes the jobs of a command line, inside `composing()`.

    Hydra takes 50 ms for its own settings and more for the options, at each job anew. Jobs that differ in plain values
    alone are copies of one composition, to which Hydra applies the values as it always does, last.

    Args:
        name: of the primary config.
        swept: whether the jobs are a sweep's, which a launcher runs.
    """

    def __init__(self, name: str, *, swept: bool = False) -> None:
        self.name, self.swept = name, swept
        hydra: Any = GlobalHydra.instance().hydra
        hydra.config_loader = AtOnce(hydra.config_loader)
        self._parser = OverridesParser.create(GlobalHydra.instance().config_loader())
        self._of_choices = lru_cache(KEPT)(self._composed)

    def __call__(self, overrides: list[str]) -> DictConfig:
        """The config of a job, with Hydra's own settings and what Hydra fills into these when a job starts."""
        given = self._parser.parse_overrides(overrides)
        values = [item for item in given if is_value(item)]
        config = copy.deepcopy(self._of_choices(*(item.input_line or "" for item in given if item not in values)))
        loader: Any = ConfigLoaderImpl
        loader._apply_overrides_to_config(values, config)
        config.hydra.overrides.task = [item.input_line for item in given if not item.is_hydra_override()]
        return config

    def _composed(self, *choices: str) -> DictConfig:
        config = compose(self.name, overrides=list(choices), return_hydra_config=True)
        with open_dict(config):
            config.hydra.mode = RunMode.MULTIRUN if self.swept else config.hydra.mode
            given = any(choice.startswith("hydra.run.dir=") and "${" not in choice for choice in choices)
            config.hydra.run.dir = str(config.hydra.run.dir) if given else "outputs"
            config.hydra.runtime.output_dir = config.hydra.run.dir
            config.hydra.job.num, config.hydra.job.id = 0, "0"
        return config


def is_value(override: Override) -> bool:
    """Whether an override sets a value, and plays no part in which configs are merged."""
    key = override.key_or_group
    field, dot, _ = key.partition(".")
    if override.package is not None or override.is_sweep_override() or field in presets() or key.startswith("hydra"):
        return False
    if field in annotations():
        return bool(dot) or field not in slots()
    # A key that is nowhere is found to be so when it is set.
    loader: Any = GlobalHydra.instance().config_loader()
    return not loader.repository.group_exists(key)
