"""What a checkpoint says of itself, so that one under another's name is known for what it is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

MARK: Final = "saved_as"
_NAMES: Final = {"best.ckpt", "last.ckpt"}
"""Names that promise something, and so are held against the mark."""


def mark(file: Path, directory: Path) -> dict[str, str]:
    """For a checkpoint `file` of the run in `directory`: under which name it is saved, and by which run."""
    return {"file": file.name, "run": origin(directory)}


def stranger(file: Path, held: Mapping[str, Any]) -> str:
    """Why a checkpoint is not the one that `file` promises by name and place; empty where it is, or says nothing."""
    marked = held.get(MARK)
    if not isinstance(marked, dict):
        return ""
    said = cast("dict[str, str]", marked)
    saved_as, run = said.get("file", file.name), said.get("run", "")
    here = origin(file.absolute().parent.parent)
    if run and here and run != here:
        return f"it is of another run, whose identity begins with {run[:12]}, not with {here[:12]}"
    return f"it was saved as {saved_as}" if saved_as != file.name and file.name in _NAMES else ""


def origin(directory: Path) -> str:
    """The identity with which a run's directory was begun, which stays when it is gone on with; empty where unknown."""
    try:
        record: dict[str, Any] = json.loads((directory / "provenance.json").read_text())
        return str([*record.get("before", ()), record][0]["identity"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""
