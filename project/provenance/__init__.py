"""What a run was made of, in its directory, and what differs when it is repeated."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .code import code_since as code_since
from .compare import outcome as outcome
from .secrets import masked as masked

if TYPE_CHECKING:
    from .provenance import Provenance as Provenance


def __getattr__(name: str) -> Any:
    # On demand: it is a callback, and whoever reads what runs have written should not pay for Lightning.
    if name == "Provenance":
        return getattr(import_module(f"{__name__}.provenance"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
