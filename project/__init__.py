"""Typed structured configs for PyTorch, Lightning and Hydra: a wrong config never starts."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project.trained import load as load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    # On demand, since every room is imported through this package and none should pay for torch because of it.
    if name == "load":
        from project.trained import load

        return load
    raise AttributeError(f"module 'project' has no attribute '{name}'")
