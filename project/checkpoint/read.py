"""What is in a checkpoint: read without running anything that the file holds, and only from a whole file."""

import pickle
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from torch import Tensor, nn

from .mark import stranger

_DIRECTORY: Final = 0x10
"""The attribute of a zip's directory, as which torch's reader leaves a tensor unread without an error."""


def read(path: str | Path, mmap: bool = False) -> dict[str, Any]:
    """A whole checkpoint, on the CPU.

    torch does not look at the checksums of the records that it reads: they are compared first, at some 2 GB/s.

    Args:
        path: the file.
        mmap: map the tensors, which then live as long as the file does, and read none that is not asked for.

    Raises:
        FileNotFoundError: there is no such file; names the checkpoints beside it.
        ValueError: the file is cut short or altered, no checkpoint, holds more than tensors and primitives, or is
            another than its name and place promise.
    """
    file = Path(path)
    if not file.is_file():
        there = ", ".join(sorted(other.name for other in file.parent.glob("*.ckpt")))
        raise FileNotFoundError(f"{file}: there is no such checkpoint; {file.parent} holds {there or 'none'}")
    if not _is_whole(file):
        raise ValueError(f"{file} is not loaded: it is not whole")
    try:
        held: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{file} is not loaded: it holds more than tensors and primitives, which could run code"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is not loaded: it is not whole") from error
    if not isinstance(held, dict) or not isinstance(cast("dict[str, object]", held).get("state_dict"), dict):
        raise ValueError(f"{file} is no checkpoint of a LightningModule: it has no 'state_dict'")
    checkpoint = cast("dict[str, Any]", held)
    if why := stranger(file, checkpoint):
        raise ValueError(f"{file} is not loaded: {why}")
    return checkpoint


def weights(path: str | Path) -> dict[str, Tensor]:
    """The state dict of a checkpoint that Lightning wrote, on the CPU and mapped rather than read where possible.

    Raises:
        FileNotFoundError: there is no such file; names the checkpoints beside it.
        ValueError: as `read`.
    """
    state: dict[str, Tensor] = read(path, mmap=True)["state_dict"]
    return state


def refusal(path: str | Path) -> str:
    """Why nothing is taken from a checkpoint; empty where it is whole and the one that it should be."""
    try:
        read(path, mmap=True)
    except (FileNotFoundError, ValueError) as error:
        return str(error)
    return ""


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
    """Whether every record of a file of torch's is what was written, by its CRC-32."""
    try:
        with ZipFile(file) as archive:
            odd = any(
                record.compress_type != ZIP_STORED or record.external_attr & _DIRECTORY for record in archive.infolist()
            )
            return not odd and archive.testzip() is None
    except (BadZipFile, OSError, EOFError, ValueError, LookupError, NotImplementedError, RuntimeError):
        return False
