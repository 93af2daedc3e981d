"""What an import depends on, as plain data that is equal whenever a second import would find the same.

Compared are the contents of the sources and of the data that they read, the folders that they look through, the
modules that they asked for and that nobody had, the environment as they saw it, and the installed packages by the names
of their files, which hold the versions.
"""

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Any

FORM = 1
"""Of the snapshots that this code writes and reads."""


@dataclass(frozen=True)
class Traces:
    """What an import has touched, by name.

    Args:
        modules: top-level modules that were imported, or asked for and not found.
        absent: paths at which a module, or a part of a package, was not found.
        sources: source files outside of the installed packages.
        definitions: files of installed packages whose line numbers are told.
        files: further files that the sources read.
        folders: that the sources listed.
        environment: variables that anyone read.
    """

    modules: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


def measured(traces: Traces, path: Iterable[str], environment: Mapping[str, str | None]) -> dict[str, Any]:
    """The traces, and what is found at each of them now.

    Args:
        traces: where to look.
        path: `sys.path` when the import began.
        environment: the variables as the import saw them.
    """
    folders = [folder or "." for folder in path]
    return {
        "traces": {name: list(value) for name, value in asdict(traces).items()},
        "interpreter": interpreter(),
        "path": folders,
        "installed": [_listing(folder) for folder in folders if is_installed(folder)],
        "modules": [_stems(folder, traces.modules) for folder in folders if not is_installed(folder)],
        "present": [place for place in traces.absent if Path(place).exists()],
        "sources": [_content(file) for file in (*traces.sources, *traces.files)],
        "definitions": [_stamp(file) for file in traces.definitions],
        "folders": [_listing(folder) for folder in traces.folders],
        # In one number, so that no value can be guessed from the number of its own.
        "environment": _digest(repr([environment.get(name) for name in traces.environment]).encode()),
    }


def interpreter() -> list[Any]:
    """Which Python, started how and where."""
    # Machines may share a folder and have different hardware.
    node = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    flags = [sys.flags.optimize, sys.flags.isolated, sys.flags.no_site, sys.flags.no_user_site, sys.flags.utf8_mode]
    return [FORM, sys.version, sys.executable, flags, node]


def is_installed(path: str) -> bool:
    """Whether a file or folder is Python's own, or an installed package's, and changes with a version alone."""
    return path.startswith(_installations()) or path.endswith(".zip")


def absent_places(folders: Iterable[str], name: str) -> list[str]:
    """Where, in the folders of a package, a part of it called `name` would be."""
    return [f"{folder}/{name}{end}" for folder in folders for end in ("", *all_suffixes())]


@cache
def _installations() -> tuple[str, ...]:
    known = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    # `<frozen os>` and `<string>` are no files.
    return ("<", *known, *(folder for folder in sys.path if folder.endswith(("site-packages", "dist-packages"))))


def _listing(folder: str) -> str | None:
    try:
        names = os.listdir(folder)  # noqa: PTH208  (the names, as quickly as can be)
    except OSError:
        return None
    return _digest("\n".join(sorted(name for name in names if name != "__pycache__")).encode())


def _stems(folder: str, names: Iterable[str]) -> list[str]:
    """Those of the modules that a folder has."""
    try:
        stems = {name.partition(".")[0] for name in os.listdir(folder)}  # noqa: PTH208  (likewise)
    except OSError:
        return []
    return sorted(stems.intersection(names))


def _content(file: str) -> str | None:
    try:
        return _digest(Path(file).read_bytes())
    except OSError:
        return None


def _stamp(file: str) -> list[int]:
    try:
        status = Path(file).stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
