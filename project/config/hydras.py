"""What Hydra 1.3 and 1.4, and their OmegaConf, are told in different words."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from traceback import walk_stack
from typing import Any
from unittest.mock import patch

from hydra import initialize
from hydra.core.config_store import ConfigNode, ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from omegaconf import OmegaConf
from omegaconf.basecontainer import BaseContainer

from project.config.shortcuts import shorten
from project.config.skeletons import structured

_REPLACE: dict[str, Any] = {"replace": True} if "replace" in inspect.signature(ConfigStore.store).parameters else {}
VERSION_BASE: dict[str, Any] = {} if _REPLACE else {"version_base": None}
"""This version's own behaviour: Hydra 1.3 must be told to take it, and 1.4 warns of being told."""

ENGINES = "hydra/launcher", "hydra/sweeper"
"""The groups of Hydra's own settings whose options are typed here."""
PROVIDER = "project"

register_resolver: Any = getattr(OmegaConf, "register_resolver" if _REPLACE else "register_new_resolver")


class Fresh(ConfigNode):
    """A config that is made when it is first loaded."""

    def __init__(self, path: str, package: str | None, make: Callable[[], Any]) -> None:
        group, _, name = path.rpartition("/")
        self.name, self.group, self.package, self.provider = name, group or None, package, PROVIDER
        self.make = make

    def __getattr__(self, name: str) -> Any:
        if name != "node":
            raise AttributeError(name)
        self.node = structured(self.make())
        return self.node


class Store(ConfigStore):
    """Hydra's store of configs.

    Hydra makes a config of each that is stored, and copies all of them at each composition; here one is made when it is
    loaded. And a process that a launcher starts takes ours over before it looks for plugins, which would store their
    untyped options in the place of ours.
    """

    def store(
        self,
        name: str,
        node: Any,
        group: str | None = None,
        package: str | None = None,
        provider: str | None = None,
        **replace: Any,
    ) -> None:
        """Register a config, unless it is a plugin's option and there is one of ours."""
        path = f"{group}/{name}.yaml" if group else f"{name}.yaml"
        there: Any = self._open(path) if group in ENGINES else None
        if there is not None and there.provider == PROVIDER and provider != PROVIDER:
            return
        if provider == PROVIDER and is_dataclass(node):
            put(self.repo, Fresh(path, package, lambda: node))
        else:
            super().store(name, node, group, package, provider, **replace)

    def load(self, config_path: str) -> ConfigNode:
        """A config by its path, as a copy."""
        node: Any = self._load(config_path)
        _ = node.node  # made once, not once for each copy
        return super().load(config_path)

    def __deepcopy__(self, memo: object) -> "Store":
        return self


def put(repo: dict[str, Any], node: Fresh) -> None:
    """Put a config into what a store holds, in place of an earlier one."""
    for part in filter(None, (node.group or "").split("/")):
        repo = repo.setdefault(part, {})
    repo[node.name] = node


def store(name: str, node: Any, **place: Any) -> None:
    """Register a config, in place of an earlier one."""
    ConfigStore.instance().store(name=name, node=node, provider=PROVIDER, **place, **_REPLACE)


def is_ours(node: Any) -> bool:
    """Whether a node of the store was registered here."""
    return bool(node.provider == PROVIDER)


def resolvers() -> set[str]:
    """The resolvers that interpolations may name."""
    container: Any = BaseContainer
    return set(container._resolvers)


def plug_in(kind: Any) -> None:
    """Let Hydra make a launcher or a sweeper of ours; its scan for plugins, which stores their options, is before."""
    plugins: Any = Plugins.instance()
    if hasattr(plugins, "is_in_toplevel_plugins_module"):  # Hydra 1.3 asks for a name below `hydra_plugins`
        plugins.is_in_toplevel_plugins_module = _is_registered
    plugins.register(kind)


def _is_registered(name: str) -> bool:
    return name in Plugins.instance().class_name_to_class


def composing() -> Any:
    """A context in which Hydra composes from the ConfigStore alone."""
    # Hydra asks who calls, which has nothing to say here, and would look through all modules for each frame.
    with patch("inspect.stack", _callers):
        return initialize(None, **VERSION_BASE)


def _callers() -> list[inspect.FrameInfo]:
    """What `inspect.stack` says, but for the source."""
    frames = list(walk_stack(inspect.currentframe()))[1:]  # not this one
    return [inspect.FrameInfo(it, it.f_code.co_filename, line, it.f_code.co_name, None, None) for it, line in frames]


def _replace_store() -> None:
    """Put our store in the place of Hydra's, with what that holds."""
    own: Any = Store()
    own.repo = ConfigStore.instance().repo
    singletons: Any = Singleton
    singletons._instances[ConfigStore] = own


_replace_store()
shorten()
