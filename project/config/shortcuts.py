"""Shortcuts for OmegaConf, which goes the long way again for each job of a sweep; what it comes to stays the same."""

import copy
from collections import defaultdict
from functools import lru_cache
from typing import Any

import omegaconf.base as omegaconf

_PARSED = 4096
"""Texts with interpolations that are kept parsed."""


def shorten() -> None:
    """Have interpolations parsed once, not each time that one is resolved, and nodes copied in half the time."""
    untyped: Any = omegaconf
    untyped.parse = lru_cache(_PARSED)(untyped.parse)
    untyped.Metadata.__deepcopy__ = _copied


def _copied(metadata: Any, memo: dict[int, Any]) -> Any:
    """What `copy.deepcopy` makes of a node's metadata: types and names, and two dicts that are mostly empty."""
    copied = object.__new__(type(metadata))
    vars(copied).update(vars(metadata))
    copied.flags = copied.flags and dict(copied.flags)
    copied.resolver_cache = copy.deepcopy(copied.resolver_cache, memo) if copied.resolver_cache else defaultdict(dict)
    return copied
