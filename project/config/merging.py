"""Composing in time that grows with the number of options, where Hydra's grows with its square."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from typing import Any, cast

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.default_element import ResultDefault
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, ListConfig, OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException


class AtOnce(ConfigLoaderImpl):
    """Merges all configs of a defaults list in one call.

    OmegaConf goes through everything that it has merged at the end of each call, and Hydra calls it for each config.

    Args:
        loader: Hydra's.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())
        self.repository = _Repository(loader.get_search_path())
        self._merged: ConfigResult | None = None

    def _compose_config_from_defaults_list(self, defaults: list[ResultDefault], repo: Any) -> DictConfig:
        merged = OmegaConf.create()
        try:
            with flag_override(merged, "no_deepcopy_set_nodes", True):
                configs = ((item.package or "", self._load_single_config(item, repo).config) for item in defaults)
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

    @staticmethod
    def _embed_result_config(ret: ConfigResult, package_override: str | None) -> ConfigResult:
        """A copy of a config at the path of its package, which OmegaConf would look for key by key."""
        package = ret.header["package"] if package_override is None else package_override
        if package is None or not (keys := _keys(package)):
            return ConfigLoaderImpl._embed_result_config(ret, package_override)
        embedded: Any = copy.deepcopy(ret.config)
        for key in reversed(keys):
            outer: Any = copy.deepcopy(_EMPTY)
            _put(embedded, key, outer)
            embedded = outer
        result = copy.copy(ret)
        result.config = embedded
        return result


class _Repository(ConfigRepository):
    """Sees at a glance that a typed config without a field for them has no defaults, as no option has."""

    def __init__(self, path: ConfigSearchPath) -> None:
        super().__init__(path)
        self._none = OmegaConf.create([])

    def _extract_defaults_list(self, config_path: str, cfg: Any) -> ListConfig:
        if isinstance(cfg, DictConfig) and is_dataclass(OmegaConf.get_type(cfg)) and "defaults" not in _content(cfg):
            cast(Any, cfg)._set_flag("HYDRA_REMOVE_TOP_LEVEL_DEFAULTS", True)  # as Hydra flags any that is typed
            return self._none
        return super()._extract_defaults_list(config_path, cfg)


_EMPTY = OmegaConf.create()


def _joined(configs: Iterable[tuple[str, Any]]) -> Iterator[Any]:
    """Configs by their packages, in their order, with neighbours that stand side by side as one.

    Otherwise all of a group is gone through for each of its options.
    """
    whole: Any = None
    beside, place = list[str](), _EMPTY
    for package, config in configs:
        *path, name = _keys(package) or [""]
        if path and path == beside and name not in _content(place):
            _put(_at(config, [*path, name]), name, place)
            continue
        if whole is not None:
            yield whole
        whole, beside, place = config, path, _at(config, path)
    if whole is not None:
        yield whole


def _keys(package: str) -> list[str]:
    """The keys of a package's path; none for the root, and where OmegaConf has more to read in it."""
    keys = package.split(".")
    return keys if all(keys) and "[" not in package else []


def _at(config: Any, path: list[str]) -> Any:
    return _at(_content(config)[path[0]], path[1:]) if path else config


def _put(node: Any, key: str, place: Any) -> None:
    """Put a node into a plain config that has nothing there."""
    node._set_key(key)
    node._set_parent(place)
    _content(place)[key] = node


def _content(config: Any) -> Any:
    return config.__dict__["_content"]
