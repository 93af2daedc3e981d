"""A snapshot's file, written whole or not at all."""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from project.snapshot.key import Traces, measured


class Snapshot:
    """Plain data by name; each part is read when it is asked for."""

    def __init__(self, lines: Mapping[str, str]) -> None:
        self._lines = lines

    def __contains__(self, part: object) -> bool:
        return part in self._lines

    def __getitem__(self, part: str) -> Any:
        return json.loads(self._lines[part])


def place(script: str) -> Path:
    """Where the snapshot of the program `script` is kept: in the user's cache, apart for each checkout and Python.

    A source tree may be read-only, or several people's, and where Python is told to write no bytecode it is to stay as
    it is; a file of one's own, in turn, nobody else can write.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    program = f"{Path(script).absolute()} {sys.implementation.cache_tag} {sys.flags.optimize}"
    return Path(base, __name__.partition(".")[0], f"{hashlib.sha256(program.encode()).hexdigest()[:16]}.json")


def kept(script: str) -> Snapshot | None:
    """The snapshot of `script`, if the import that it was taken of would come to the same now."""
    try:
        key, *parts = place(script).read_text(encoding="utf-8").splitlines()
        then: dict[str, Any] = json.loads(key)
        traces = Traces(**{name: tuple(value) for name, value in then["traces"].items()})
        if then != measured(traces, sys.path, os.environ):
            return None
        return Snapshot({name: text for name, _, text in (part.partition("\t") for part in parts)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        return None


def keep(script: str, key: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
    """Write a snapshot, in place of an earlier one; where that is not possible, everything stays as slow as it is."""
    lines = [json.dumps(key), *(f"{name}\t{json.dumps(part)}" for name, part in parts.items())]
    with suppress(OSError, RuntimeError):
        file = place(script)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A draft of one's own, so that of two that write at once each writes it whole; readable by nobody else.
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
        try:
            with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123  (a handle, not a path)
                stream.write("\n".join(lines))
            Path(draft).replace(file)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise
