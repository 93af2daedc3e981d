"""Nodes of a composed config: what stands in them, and where they stand."""

from collections.abc import Generator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from project.problem import Problem, first_line

UNREAD = object()
"""What `read` returns where nothing can be read."""


def place(config: Any) -> str:
    """The dotted path of a composed config in the run's; empty for one that stands alone."""
    return (config._get_full_key(None) or "") if OmegaConf.is_config(config) else ""


def keys(node: DictConfig | ListConfig) -> list[Any]:
    """The keys of a dict, the indices of a list."""
    return list(node) if isinstance(node, DictConfig) else list(range(len(node)))


def has(node: DictConfig, key: str) -> bool:
    """Whether `key in node`, for which OmegaConf makes and drops an exception where it is not."""
    return key in node.keys() and key in node  # noqa: SIM118  (the first of them is the quick one)


def read(node: Any, key: Any, path: str) -> Generator[Problem, None, Any]:
    """`node[key]`, resolved; yields a problem and returns `UNREAD` when there is nothing to read."""
    if OmegaConf.is_missing(node, key):
        yield Problem(path, "missing: this value must be given", hint=f"Write {path}=... on the command line.")
        return UNREAD
    try:
        return node[key]
    except InterpolationResolutionError as error:
        written: Any = OmegaConf.to_container(node, resolve=False)
        yield Problem(path, f"{written[key]} does not resolve: {first_line(error)}")
    except OmegaConfBaseException as error:
        yield Problem(path, first_line(error))
    return UNREAD
