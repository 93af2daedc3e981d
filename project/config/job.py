"""What a job is: its identity among all others, and what it was asked for."""

import hashlib
import json
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from project.config.guards import is_dict, is_list, listed

APART = frozenset({"output_dir", "check", "preflight", "rerun", "resume", "steps_per_round"})
"""Fields of the root that change nothing about what is computed."""
_FROM_OUTSIDE = "${oc.env:", "${hydra:", "${now:"


def identity(config: Any, /) -> str:
    """The sha256 of what a composed config computes, in hexadecimal digits.

    Two jobs with one identity are the same run: the fields in `APART` do not count, nor does the order of the keys,
    nor on which machine or in which directory it is composed. What comes from the environment counts as the
    interpolation that asks for it, so that no secret can be guessed from a hash.
    """
    composed: dict[str, Any] = listed(OmegaConf.to_container(config, resolve=False))
    node = OmegaConf.create({key: "" if key in APART else _sealed(value) for key, value in composed.items()})
    resolved: dict[str, Any] = listed(OmegaConf.to_container(node, resolve=True))
    computed = {key: value for key, value in resolved.items() if key not in APART}
    return hashlib.sha256(json.dumps(computed, sort_keys=True, default=str).encode()).hexdigest()


def overrides() -> list[str]:
    """What the job that is running was asked for, as it was written; nothing outside of Hydra."""
    if not HydraConfig.initialized():
        return []
    # Not through the list's items: an override that asks for a secret of the environment would be answered.
    written: list[str] = listed(OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False))
    return written


def _sealed(value: Any) -> Any:
    """`value` with every text that asks for something from outside as that text, and nothing to be resolved."""
    if is_dict(value):
        return {key: _sealed(item) for key, item in value.items()}
    if is_list(value):
        return [_sealed(item) for item in value]
    sealed = isinstance(value, str) and any(sign in value for sign in _FROM_OUTSIDE)
    return value.replace("${", "\\${") if sealed else value
