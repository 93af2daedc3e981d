"""Where a dataset's files come from: each from the first place that has a whole copy, downloaded when none has.

A content is trusted for its sha256 alone, so neither a half-written file nor a file of another version is ever used.
Only `data_dir` is written: under a lock, through a temporary file in the same directory and an atomic rename. A process
killed in the middle leaves a `.part` file that nobody reads and that the next writer overwrites.
"""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock

from .download import download
from .published import CorruptFileError, Files, PublishedFile

F = TypeVar("F", bound=Files, covariant=True)


@dataclass(frozen=True)
class Place:
    """A local directory that may hold the files; None when it was not named.

    Only the place that is `ours` may be written.
    """

    directory: Path | None
    label: str
    ours: bool = False

    def __str__(self) -> str:
        return f"{self.directory} ({self.label})" if self.directory else self.label


@dataclass(frozen=True)
class Archive(Generic[F]):
    """A published dataset.

    Attributes:
        name: torchvision's class and folder name: files lie in `data_dir/name/raw`, the URLs are the class's.
        variable: the environment variable that may name a directory with the files.
        share: the directory's name under the system's `share/datasets`.
        files: what the full dataset consists of.
    """

    name: str
    variable: str
    share: str
    files: F

    def folder(self, data_dir: Path) -> Path:
        """The directory of the files under `data_dir`, as torchvision lays out the first of these datasets, MNIST."""
        return data_dir / self.name / "raw"

    def places(self, data_dir: Path) -> list[Place]:
        """Every local place to look in, in order."""
        named = os.environ.get(self.variable)
        roots = dict.fromkeys((sys.prefix, "/usr/local", "/usr"))
        return [
            Place(self.folder(data_dir), "data_dir", ours=True),
            Place(Path(named).expanduser() if named else None, f"${self.variable}"),
            *(Place(Path(root, "share", "datasets", self.share), "system") for root in roots),
        ]


@dataclass
class Found:
    """What a search saw.

    Attributes:
        files: what was looked for.
        contents: by file name, the verified content.
        origins: by file name, the directory or URL that the content came from.
        corrupt: by file name, what is wrong with each copy that cannot be trusted.
        refused: one line a place that did not serve all it was asked for, with the reasons.
        unsaved: names of files that `data_dir` should be given: downloaded ones, and those whose copy there is corrupt.
        saved: names of those that it was given.
    """

    files: tuple[PublishedFile, ...]
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    origins: dict[str, str] = field(default_factory=dict[str, str])
    corrupt: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    refused: list[str] = field(default_factory=list[str])
    unsaved: set[str] = field(default_factory=set[str])
    saved: set[str] = field(default_factory=set[str])

    @property
    def missing(self) -> list[PublishedFile]:
        """What no place has served so far."""
        return [file for file in self.files if file.name not in self.contents]

    @property
    def whole(self) -> bool:
        """Whether every file was found."""
        return not self.missing

    def complaints(self) -> list[str]:
        """One text a corrupt file: what is wrong with it, and what serves instead."""
        return [f"{'; '.join(why)}. {self._remedy(name)}" for name, why in self.corrupt.items()]

    def _remedy(self, name: str) -> str:
        if name not in self.origins:
            return "No place has a whole copy."
        return f"{'Replaced by' if name in self.saved else 'Used instead:'} the copy of {self.origins[name]}."


def find(archive: Archive[Files], data_dir: Path) -> Found:
    """Look in the local places only, and write nothing."""
    found = Found(archive.files.all())
    for place in archive.places(data_dir):
        if found.whole:
            break
        _look(place, found)
    return found


def prepare(archive: Archive[Files], data_dir: Path) -> Found:
    """Like `find`, and mend corrupt files in `data_dir` and download what no place has.

    Safe to run in several processes at once: one works, the others wait and use its result.
    """
    found = find(archive, data_dir)
    if found.whole and not found.unsaved:
        return found
    folder = archive.folder(data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            # A second look: the process that had the lock may have done it all.
            found = find(archive, data_dir)
            _download_missing(archive, found)
            _save(found, folder)
    except OSError as error:
        found.refused.append(f"{folder} (data_dir) cannot be written: {error}")
    return found


def _look(place: Place, found: Found) -> None:
    """Take from `place` what is still missing, and note why it does not have the rest."""
    if place.directory is None or not place.directory.is_dir():
        found.refused.append(f"{place}: {'no such directory' if place.directory else 'not set'}")
        return
    reasons: list[str] = []
    for file in found.missing:
        bad = _take(file, place.directory, found)
        if bad and place.ours:
            found.unsaved.add(file.name)
        if file.name not in found.contents:
            reasons += bad or [f"no {' or '.join(file.names)}"]
    if reasons:
        nothing = all(reason.startswith("no ") for reason in reasons) and len(reasons) == len(found.files)
        found.refused.append(f"{place}: {'none of the files' if nothing else '; '.join(reasons)}")


def _take(file: PublishedFile, directory: Path, found: Found) -> list[str]:
    """Keep the first whole copy of `file`; return, and note, what is wrong with those before it."""
    bad: list[str] = []
    for path in (directory / name for name in file.names):
        if not path.exists():
            continue
        try:
            found.contents[file.name] = file.read(path)
        except CorruptFileError as error:
            bad.append(str(error))
            continue
        found.origins[file.name] = str(directory)
        break
    if bad:
        found.corrupt.setdefault(file.name, []).extend(bad)
    return bad


def _download_missing(archive: Archive[Files], found: Found) -> None:
    if found.whole:
        return
    contents, origins, failures = download(archive.name, found.missing)
    found.contents |= contents
    found.origins |= origins
    found.refused += failures
    found.unsaved |= contents.keys()


def _save(found: Found, folder: Path) -> None:
    """Write what `folder` should be given; the caller holds its lock, so one temporary name a file is enough."""
    for name in sorted(found.unsaved & found.contents.keys()):
        part = folder / f"{name}.part"
        part.write_bytes(found.contents[name])
        part.replace(folder / name)
        found.saved.add(name)
