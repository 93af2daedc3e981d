"""Checkpoints that are there whole or not at all, at whatever moment their run is ended."""

import errno
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast, final

import torch
from lightning import Trainer
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from .mark import MARK, mark
from .read import read, refusal

_FULL: Final = errno.ENOSPC, errno.EDQUOT


class UnwritableError(OSError):
    """A checkpoint could not be written; the earlier one is still there."""

    def __str__(self) -> str:
        return str(self.strerror)


def keep_whole(trainer: Trainer, directory: str | Path) -> None:
    """Have `trainer`, of the run in `directory`, write its checkpoints whole; a strategy's own format is left alone."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpointIO(Path(directory))


@final
class WholeCheckpointIO(TorchCheckpointIO):
    """Writes a draft beside the file, and renames it when it is on the disk: on one file system whatever TMPDIR is.

    What was `last.ckpt` stays as `previous.ckpt`. A checkpoint is held to be whole before anything is taken from it.

    Args:
        directory: the run's, whose mark the checkpoints carry.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self._written: set[Path] = set()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: object | None = None
    ) -> None:
        """Write a checkpoint.

        Raises:
            UnwritableError: it could not be; whatever was there before still is.
        """
        if storage_options is not None or _is_remote(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        file = Path(path)
        with _told(file, checkpoint), _draft(file) as draft:
            with draft.open("xb") as stream:
                torch.save({**checkpoint, MARK: mark(file, self.directory)}, stream)
                stream.flush()
                os.fsync(stream.fileno())
            if file.stem == "last":
                self._keep_predecessor(file)
            draft.replace(file)
            _sync(file.parent)
        self._written.add(file)

    def load_checkpoint(
        self, path: str | Path, map_location: object = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint onto the CPU, tensors and primitives only, whatever is asked for.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not whole, or another than it should be.
        """
        if not _is_remote(path):
            return read(path)
        held: dict[str, Any] = cast(Any, super()).load_checkpoint(path, weights_only=True)
        return held

    def _keep_predecessor(self, file: Path) -> None:
        # Else what is damaged would take the place of what was gone on from.
        if not file.is_file() or (file not in self._written and refusal(file)):
            return
        previous, link = file.with_name("previous.ckpt"), _draft_of(file.with_name("previous.ckpt"))
        try:
            os.link(file, link)
        except OSError:
            # A file system without hard links: for a moment there is the predecessor alone.
            file.replace(previous)
        else:
            link.replace(previous)
            # A rename between two names of one file does nothing, and leaves both.
            link.unlink(missing_ok=True)


@contextmanager
def _draft(file: Path) -> Generator[Path, None, None]:
    """A name for a draft of `file`, beside it, where no other draft of it is left before or afterwards."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for stale in [*file.parent.glob(f".{file.name}.*.draft"), *file.parent.glob(".previous.ckpt.*.draft")]:
        stale.unlink(missing_ok=True)
    draft = _draft_of(file)
    try:
        yield draft
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _draft_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.{secrets.token_hex(4)}.draft")


@contextmanager
def _told(file: Path, checkpoint: dict[str, Any]) -> Generator[None, None, None]:
    try:
        yield
    except (OSError, RuntimeError) as raised:
        error = _of_system(raised)
        if error is None:
            raise
        full = error.errno in _FULL
        todo = [f"It takes about {_mib(_size(checkpoint))}; {_mib(_free(file))} are free."] if full else []
        kept = " The one before it is still there." if file.is_file() else ""
        todo += [f"{'Make room' if full else 'Make it writable'}, and go on with resume=true.{kept}"]
        what = f"{file} could not be written: {os.strerror(error.errno) if error.errno else error}"
        raise UnwritableError(error.errno, "\n    ".join([what, *todo])) from raised


def _of_system(error: BaseException | None) -> OSError | None:
    """What the system said, of which torch's own error, raised when its writer is closed, would say nothing."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error


def _size(held: object) -> int:
    """The bytes of the tensors in nested containers."""
    if isinstance(held, Tensor):
        return held.nbytes
    if isinstance(held, dict):
        return sum(map(_size, cast("dict[str, object]", held).values()))
    return sum(map(_size, cast("list[object]", held))) if isinstance(held, list | tuple) else 0


def _free(file: Path) -> int:
    return shutil.disk_usage(file.parent).free


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _sync(directory: Path) -> None:
    """Have a rename outlast a power cut, where directories can be opened at all."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_remote(path: str | Path) -> bool:
    return "://" in str(path)
