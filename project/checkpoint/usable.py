"""From which checkpoint a run can be gone on with."""

import warnings
from pathlib import Path

from .read import refusal


def usable(directory: Path) -> Path | None:
    """The newest checkpoint of the run in `directory` that is whole; None where there is none.

    The last is taken before its predecessor. The best, which is not saved in order to go on from it, is taken after
    both, and only if there ever was a last. A warning names those that had to be passed over.
    """
    refused: list[str] = []
    files = sorted((directory / "checkpoints").glob("*.ckpt"), key=_by_use, reverse=True)
    if not any(_by_use(file)[0] for file in files):
        return None
    for file in files:
        why = refusal(file)
        if not why:
            if refused:
                warnings.warn("\n".join([*refused, f"{file} is taken instead"]), stacklevel=2)
            return file
        refused.append(why)
    if refused:
        warnings.warn("\n".join([*refused, "none is left to go on from"]), stacklevel=2)
    return None


def whole_beside(file: Path) -> list[Path]:
    """The other checkpoints in the directory of `file` that are whole."""
    return [other for other in sorted(file.parent.glob("*.ckpt")) if other.name != file.name and not refusal(other)]


def _by_use(file: Path) -> tuple[int, float, str]:
    last, previous = file.stem.startswith("last"), file.stem == "previous"
    return 2 * last + previous, file.stat().st_mtime, file.name
