"""Where a node of a composed config stands."""

from typing import Any

from omegaconf import OmegaConf


def place(config: Any) -> str:
    """The dotted path of a composed config in the run's; empty for one that stands alone."""
    return (config._get_full_key(None) or "") if OmegaConf.is_config(config) else ""
