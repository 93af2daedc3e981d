"""Targets in Hydra's own settings that are neither its own nor a plugin's: they would run before the job does."""

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from project.config.check import is_ours
from project.config.nodes import keys
from project.config.signature import locate
from project.problem import Problem, first_line

CALLED = "_target_", "class", "()"
"""The keys whose value Hydra, or the logging module, imports and calls."""
HYDRAS_OWN = (
    *("hydra._internal.core_plugins.", "hydra_plugins.", "hydra.experimental.callbacks."),
    *("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler", "logging.Formatter", "logging.handlers."),
)


def strangers(node: Any, path: str = "hydra") -> Iterator[Problem]:
    """A problem for each of them in `node`, which stands at `path`."""
    for key in keys(node):
        try:
            value = None if OmegaConf.is_missing(node, key) else node[key]
        except OmegaConfBaseException as error:
            if key in CALLED:
                yield Problem(f"{path}.{key}", f"does not resolve: {first_line(error)}")
            continue
        if isinstance(value, DictConfig | ListConfig):
            if path == "hydra.sweeper" and key == "params" and value and not is_ours(path, node.get("_target_")):
                yield Problem(f"{path}.params", "is not checked as a sweep; write the sweep on the command line")
            yield from strangers(value, f"{path}.{key}")
        elif key == "_target_" and is_ours(path, value):
            continue  # `engine_problems` has seen to it
        elif isinstance(value, str) and ((key in CALLED and not _hydras_own(value)) or _imports(value)):
            yield Problem(f"{path}.{key}", f"'{value}' is neither Hydra's nor a plugin's, and would run unchecked")


def _imports(text: str) -> bool:
    """Whether the logging module would import something for `text`."""
    return text.startswith("ext://") and text not in ("ext://sys.stdout", "ext://sys.stderr")


def _hydras_own(path: str) -> bool:
    """Whether `path` names something that is defined there by Hydra, a plugin of it, or the logging module."""
    if path == "colorlog.ColoredFormatter":
        return True
    if not path.startswith(HYDRAS_OWN):
        return False
    try:
        found = locate(path)
    except ImportError:
        return False
    return f"{found.__module__}.{getattr(found, '__qualname__', '')}" == path
