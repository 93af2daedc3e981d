"""The weights in a checkpoint: read without running anything that the file holds, and held against a module."""

import pickle
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn


def weights(path: str | Path) -> dict[str, Tensor]:
    """The state dict of a checkpoint that Lightning wrote, on the CPU and mapped rather than read where possible.

    Raises:
        FileNotFoundError: there is no such file; names the checkpoints beside it.
        ValueError: the file is cut short or altered, no checkpoint, or holds more than tensors and primitives.
    """
    file = Path(path)
    if not file.is_file():
        there = ", ".join(sorted(other.name for other in file.parent.glob("*.ckpt")))
        raise FileNotFoundError(f"{file}: there is no such checkpoint; {file.parent} holds {there or 'none'}")
    try:
        held: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        why = (
            "it holds more than tensors and primitives, which could run code" if _is_whole(file) else "it is not whole"
        )
        raise ValueError(f"{file} is not loaded: {why}") from error
    except (RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"{file} is not loaded: it is not whole") from error
    state: object = cast("dict[str, object]", held).get("state_dict") if isinstance(held, dict) else None
    if not isinstance(state, dict):
        raise ValueError(f"{file} is no checkpoint of a LightningModule: it has no 'state_dict'")
    return cast("dict[str, Tensor]", state)


def misfits(state: Mapping[str, Tensor], module: nn.Module) -> list[str]:
    """Why `module` cannot take the weights `state`, one line for each name; none where it can."""
    wanted = module.state_dict()
    shapes = ((name, tuple(state[name].shape), tuple(wanted[name].shape)) for name in wanted.keys() & state.keys())
    return sorted(
        chain(
            (f"{name}: missing in the checkpoint" for name in wanted.keys() - state.keys()),
            (f"{name}: only in the checkpoint" for name in state.keys() - wanted.keys()),
            (f"{name}: {had} in the checkpoint, {has} here" for name, had, has in shapes if had != has),
        )
    )


def _is_whole(file: Path) -> bool:
    try:
        torch.PyTorchFileReader(str(file))
    except RuntimeError:
        return False
    return True
