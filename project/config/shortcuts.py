"""Shortcuts for OmegaConf, which goes the long way again for each job of a sweep; what it comes to stays the same."""

import copy
from collections import defaultdict
from functools import lru_cache
from typing import Any

from omegaconf import base, omegaconf

_PARSED = 4096
"""Texts with interpolations that are kept parsed."""


def shorten() -> None:
    """Have interpolations parsed once, not each time that one is resolved, and nodes copied in half the time.

    And YAML is written by libyaml where there is one, which writes an emoji as its number.
    """
    untyped: Any = base
    untyped.parse = lru_cache(_PARSED)(untyped.parse)
    untyped.Metadata.__deepcopy__ = _copied
    writer: Any = omegaconf
    if writer.yaml.__with_libyaml__:
        quick: Any = type("Dumper", (writer.yaml.CDumper,), {})
        quick.add_representer(str, writer.get_omega_conf_dumper().str_representer)
        writer.get_omega_conf_dumper = lambda: quick


def _copied(metadata: Any, memo: dict[int, Any]) -> Any:
    """What `copy.deepcopy` makes of a node's metadata: types and names, and two dicts that are mostly empty."""
    copied: Any = object.__new__(metadata.__class__)
    copied.__dict__.update(metadata.__dict__)
    copied.flags = copied.flags and dict(copied.flags)
    copied.resolver_cache = copy.deepcopy(copied.resolver_cache, memo) if copied.resolver_cache else defaultdict(dict)
    return copied
