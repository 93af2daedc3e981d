"""Hydra's loader of configs, for the jobs of a sweep: what they have in common is composed once."""

import copy
from typing import Any, Final

from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from project.config.composer import is_value

_KEPT: Final = 16
_SUBDIR: Final = "hydra.sweep.subdir="
_DIRNAME: Final = "get_overrides_dirname"
"""Makes for Hydra 1.3 what is an interpolation from 1.4 on."""
_composed: dict[tuple[str, ...], DictConfig] = {}
"""By what was chosen, the newest last; in a process that runs jobs for another one, too."""


class SharingLoader:
    """Composes a job as Hydra does, and as a copy of the last job that chose the same options.

    Args:
        loader: Hydra's.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        self.loader = loader

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """The config of a job; Hydra's launchers ask for nothing else."""
        given = OverridesParser.create(self.loader).parse_overrides(sweep_overrides)
        subdirs = [item for item in given if (item.input_line or "").startswith(_SUBDIR)]
        values = [item for item in given if is_value(item)]
        choices = [item.input_line or "" for item in given if item not in values and item not in subdirs]
        config = copy.deepcopy(self._of_choices(master_config, choices))
        loader: Any = ConfigLoaderImpl
        loader._apply_overrides_to_config([*values, *subdirs], config)
        task = [item for item in given if not item.is_hydra_override()]
        config.hydra.overrides.task = [item.input_line for item in task]
        config.hydra.overrides.hydra = [*config.hydra.overrides.hydra, *(item.input_line for item in subdirs)]
        if _DIRNAME in vars(config_loader_impl):
            config.hydra.job.override_dirname = _dirname(task, config.hydra.job.config.override_dirname)
        OmegaConf.copy_cache(from_config=master_config, to_config=config)
        return config

    def _of_choices(self, master_config: DictConfig, choices: list[str]) -> DictConfig:
        asked = tuple(map(str, [*master_config.hydra.overrides.hydra, *choices]))
        if asked not in _composed:
            if len(_composed) >= _KEPT:
                del _composed[next(iter(_composed))]
            _composed[asked] = self.loader.load_sweep_config(master_config, choices)
        return _composed[asked]


def _dirname(task: list[Override], settings: DictConfig) -> str:
    named: Any = vars(config_loader_impl)[_DIRNAME]
    made: str = named(
        overrides=task,
        kv_sep=settings.kv_sep,
        item_sep=settings.item_sep,
        exclude_keys=settings.exclude_keys,
    )
    return made
