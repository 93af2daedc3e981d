"""What a job is: its identity among all others, and what it was asked for."""

import copy
import hashlib
import json
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import AnyNode, DictConfig, ListConfig, OmegaConf

from project.config.guards import listed
from project.config.nodes import keys

APART = frozenset({"output_dir", "check", "preflight", "rerun", "resume", "steps_per_round"})
"""Fields of the root that change nothing about what is computed."""
_FROM_OUTSIDE = "${oc.env:", "${hydra:", "${now:"


def identity(config: Any, /) -> str:
    """The sha256 of what a composed config computes, in hexadecimal digits.

    Two jobs with one identity are the same run: the fields in `APART` do not count, nor does the order of the keys,
    nor on which machine or in which directory it is composed. What comes from the environment counts as the
    interpolation that asks for it, so that no secret can be guessed from a hash.
    """
    sealed = copy.deepcopy(config if OmegaConf.is_config(config) else OmegaConf.structured(config))
    _seal(sealed)
    resolved: dict[str, Any] = listed(OmegaConf.to_container(sealed, resolve=True))
    computed = {key: value for key, value in resolved.items() if key not in APART}
    return hashlib.sha256(json.dumps(computed, sort_keys=True, default=str).encode()).hexdigest()


def overrides() -> list[str]:
    """What the job that is running was asked for, as it was written; nothing outside of Hydra."""
    if not HydraConfig.initialized():
        return []
    # Not through the list's items: an override that asks for a secret of the environment would be answered.
    written: list[str] = listed(OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False))
    return written


def _seal(node: Any) -> None:
    """Make every text that asks for something from outside that text itself, and leave the fields in `APART` empty."""
    for key in keys(node):
        child = node._get_node(key)
        value = child._value()
        if node._get_parent() is None and key in APART:
            node._content[key] = AnyNode("", key, parent=node)
        elif isinstance(value, str):
            if any(sign in value for sign in _FROM_OUTSIDE):
                node._content[key] = AnyNode(value.replace("${", "\\${"), key, parent=node)
        elif value and isinstance(child, DictConfig | ListConfig):
            _seal(child)
