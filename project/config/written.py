"""Configs in YAML, as Hydra writes them."""

import re
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

_TUPLE = re.compile(r"(?<=[:-] )!!python/tuple(?=\n| \[)")
"""What OmegaConf 2.4 writes before a tuple, and refuses to read; 2.3 makes a list of it."""


def read(file: Path) -> Any:
    """The config or the list in a file."""
    return parse(file.read_text(encoding="utf-8"))


def parse(text: str) -> Any:
    """The config or the list that a text says, with tuples as lists."""
    return OmegaConf.create(_TUPLE.sub("", text))
