"""Composing in time that grows with the number of options, where Hydra's grows with its square."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, cast

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_loader import ConfigLoader
from hydra.core.default_element import ResultDefault
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException


class AtOnce(ConfigLoaderImpl):
    """Merges all configs of a defaults list in one call.

    OmegaConf goes through everything that it has merged at the end of each call, and Hydra calls it for each config.

    Args:
        loader: Hydra's.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())
        self._merged: ConfigResult | None = None

    def _compose_config_from_defaults_list(self, defaults: list[ResultDefault], repo: Any) -> DictConfig:
        merged = OmegaConf.create()
        try:
            with flag_override(merged, "no_deepcopy_set_nodes", True):
                configs = (cast(DictConfig, self._load_single_config(default, repo).config) for default in defaults)
                merged.merge_with(*_joined(configs))
        except OmegaConfBaseException:  # Hydra then says in which of them
            return super()._compose_config_from_defaults_list(defaults, repo)
        self._merged = ConfigResult(provider="", path="", config=merged, header={})
        try:
            return super()._compose_config_from_defaults_list(defaults[-1:], repo)
        finally:
            self._merged = None

    def _load_single_config(self, default: ResultDefault, repo: Any) -> ConfigResult:
        return self._merged or super()._load_single_config(default, repo)


def _joined(configs: Iterable[DictConfig]) -> Iterator[DictConfig]:
    """The configs in their order, with neighbours that are options of one group, each under its own name, as one.

    Otherwise all of the group is gone through for each of its options.
    """
    for group, found in groupby(configs, lambda config: (_option(config) or ("", ""))[0]):
        first, *others = found
        options = [_option(config) for config in (first, *others)]
        if not group or len(set(options)) < len(options):
            yield from (first, *others)
            continue
        with flag_override(first, "no_deepcopy_set_nodes", True):
            for config in others:
                options_of: Any = config[group]
                for name in options_of:
                    first[group][name] = options_of._get_node(name)
        yield first


def _option(config: DictConfig) -> tuple[str, str] | None:
    """The group and the name of a config that is nothing but one option under its name; None for any other."""
    inside: Any = config
    names = list[str]()
    for _ in range(2):
        if not isinstance(inside, DictConfig) or OmegaConf.get_type(inside) is not dict or len(inside) != 1:
            return None
        names.append(str(next(iter(inside))))
        node: Any = inside
        inside = node._get_node(names[-1])
    last: Any = inside
    return (names[0], names[1]) if isinstance(inside, DictConfig) and not last._is_missing() else None
