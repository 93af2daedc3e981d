"""Watching an import: what it reads beside its own sources, and what it looks for in vain."""

import inspect
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, cast

from project.snapshot.key import Traces, absent_places, is_installed, measured

OUTSIDE = frozenset({"subprocess.Popen", "os.system", "os.posix_spawn", "socket.connect", "urllib.Request"})
"""What asks somebody else, who may say something else the next time."""
LISTING = frozenset({"os.listdir", "os.scandir"})
_MACHINE = "/proc/", "/sys/", "/dev/"
"""Where Linux tells of the machine and of the process itself."""
_SECRET = "key", "token", "secret", "passw", "credential"
_GRAIN_S = 0.05
"""How late a file system's clock may be."""


class Watch:
    """Notes what is read from its making on until `traces` is called; to be made before the first import.

    What a package reads when it is imported does not count, nor what is asked of the machine itself, such as how many
    CPUs it has.
    """

    def __init__(self) -> None:
        self.began, self.path = time.time(), list(sys.path)
        self.before = measured(Traces(), self.path, {})
        self.missed: list[tuple[str, tuple[str, ...] | None]] = []
        self.files, self.folders, self.outside = set[str](), set[str](), False
        self._active = True
        self._environment: Any = type(os.environ)
        os.environ.__class__ = _Environment
        sys.meta_path.append(self)
        sys.addaudithook(self._hear)

    def find_spec(self, name: str, path: Iterable[str] | None = None, target: object = None) -> None:
        """Nobody before has found a module of that name."""
        self.missed.append((name, None if path is None else tuple(path)))

    def stop(self) -> None:
        """Note nothing any more."""
        if self._active:
            self._active = False
            sys.meta_path.remove(self)
            os.environ.__class__ = self._environment

    def key(self, definitions: Iterable[str]) -> dict[str, Any] | None:
        """What was imported depends on this; None where it cannot be said, or is not the same as at the beginning.

        Args:
            definitions: files of installed packages whose line numbers are told.
        """
        self.stop()
        sources = sorted(set(_sources()))
        if self.outside or _Environment.whole or self._changed(sources):
            return None
        traces = Traces(
            modules=tuple(sorted({name.partition(".")[0] for name in [*sys.modules, *(it for it, _ in self.missed)]})),
            absent=tuple(self._absent(sources)),
            sources=tuple(sources),
            definitions=tuple(sorted(set(definitions))),
            files=tuple(sorted(self.files.difference(sources))),
            folders=tuple(sorted(self.folders)),
            environment=tuple(sorted(_Environment.seen)),
        )
        return measured(traces, self.path, _Environment.seen)

    def _changed(self, sources: Iterable[str]) -> bool:
        """Whether something was written after it was read, or may have been."""
        since = self.began - _GRAIN_S
        now = measured(Traces(), self.path, {})
        try:
            return now != self.before or any(Path(file).stat().st_ctime > since for file in (*sources, *self.files))
        except OSError:
            return True

    def _absent(self, sources: Iterable[str]) -> Iterator[str]:
        """Where parts of packages were looked for, and where a package would hide a module."""
        for name, folders in self.missed:
            if folders is not None and not all(map(is_installed, folders)):
                yield from absent_places(folders, name.rpartition(".")[2])
        for file in sources:
            if not file.endswith("__init__.py"):
                yield f"{Path(file).with_suffix('')}/__init__.py"

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        relevant = self._active and (event == "open" or event in LISTING or event in OUTSIDE)
        if not relevant or not _by_a_source(inspect.currentframe()):
            return
        if event in OUTSIDE:
            self.outside = True
        elif isinstance(given[0], str | bytes | os.PathLike):
            name = str(Path(os.fsdecode(cast(str, given[0]))).absolute())
            if not is_installed(name) and not name.startswith(_MACHINE):
                (self.files if event == "open" else self.folders).add(name)


class _Environment(type(os.environ)):  # type: ignore[misc]  # what it is differs between systems
    """`os.environ`, which notes each variable as it was when it was first read."""

    seen: ClassVar[dict[str, str | None]] = {}
    set_here: ClassVar[set[str]] = set()
    whole: ClassVar[bool] = False

    def __getitem__(self, name: str) -> str:
        try:
            value: str = super().__getitem__(name)
        except KeyError:
            self._note(name, None)
            raise
        self._note(name, value)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set_here.add(name)
        super().__setitem__(name, value)

    def __iter__(self) -> Iterator[str]:
        type(self).whole |= _by_a_source(inspect.currentframe())
        names: Iterator[str] = super().__iter__()
        return names

    def _note(self, name: str, value: str | None) -> None:
        if name not in self.set_here and _by_a_source(inspect.currentframe()):
            self.seen.setdefault(name, value)


def _by_a_source(frame: FrameType | None) -> bool:
    """Whether a source does what is done, by itself or through a package; what a package does when imported is none."""
    while frame:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return False
        if not is_installed(file) and file != __file__:
            return True
        frame = frame.f_back
    return False


def _sources() -> Iterator[str]:
    """The files of all modules that are not Python's own or an installed package's."""
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        file = module.__file__ if name == "__main__" else spec.origin if spec and spec.has_location else None
        if file and not is_installed(file):
            yield str(Path(file).absolute())


def holds_secret(text: str) -> bool:
    """Whether a text tells a variable of the environment whose name speaks of a secret."""
    secrets = [value for name, value in os.environ.items() if any(word in name.lower() for word in _SECRET)]
    return any(len(secret) > 3 and secret in text for secret in secrets)
