"""Which copy of a dataset a run uses, the full one or the bundled subset, and what it says about it."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from .idx import IdxFile, IdxFiles
from .published import Files
from .source import Archive, Found

Source = Literal["auto", "full", "bundled"]
"""`full` is an error when the full set is nowhere, `bundled` the subset, `auto` the full set or else the subset."""


class BundledDataWarning(UserWarning):
    """The full dataset was not found, and the run uses the bundled subset."""


class CorruptDataWarning(UserWarning):
    """A file cannot be trusted; the message names it and says what serves instead."""


@dataclass(frozen=True)
class Bundle:
    """A subset of a dataset that ships with the package, gzipped."""

    directory: Path
    files: IdxFiles

    def read(self) -> dict[str, bytes]:
        """The verified contents by file name.

        Raises:
            CorruptFileError: the installation is damaged.
        """
        return {file.name: file.read(self.directory / f"{file.name}.gz") for file in self.files.all()}

    def __str__(self) -> str:
        train, test = self.files.train_labels.shape[0], self.files.test_labels.shape[0]
        return f"bundled subset: {train} train + {test} test images"


@dataclass
class Supply:
    """A dataset's files, verified and in memory.

    Attributes:
        files: their descriptions.
        contents: by file name; each is handed out once.
        provenance: `full: DIRECTORY` or `bundled subset: 6000 train + 1000 test images`.
    """

    files: IdxFiles
    contents: dict[str, bytes]
    provenance: str

    def take(self, train: bool) -> tuple[Tensor, Tensor] | None:
        """Images (N, H, W) and labels (N,), both uint8, of one set; None when it was handed out before."""
        files = self.files
        wanted = (files.train_images, files.train_labels) if train else (files.test_images, files.test_labels)
        if wanted[0].name not in self.contents:
            return None
        return self._pop(wanted[0]), self._pop(wanted[1])

    def _pop(self, file: IdxFile) -> Tensor:
        return file.tensor(self.contents.pop(file.name))


def supply(
    archive: Archive[IdxFiles],
    bundle: Bundle | None,
    source: Source,
    data_dir: Path,
    look: Callable[[Archive[Files], Path], Found],
) -> Supply:
    """The files that `source` asks for, found by `look` (`find` or `prepare`).

    Warns:
        CorruptDataWarning: once a corrupt file.
        BundledDataWarning: the subset stands in for the full set.

    Raises:
        FileNotFoundError: the full set is nowhere, and the subset was not allowed or does not exist.
    """
    if source == "bundled" and bundle:
        return Supply(bundle.files, bundle.read(), str(bundle))
    found = look(archive, data_dir)
    warn_of_damage(found)
    if found.whole:
        return Supply(archive.files, found.contents, provenance(found))
    missing = report(archive, data_dir, found) + (f" source='bundled' asks for the {bundle}." if bundle else "")
    if source == "full" or bundle is None:
        raise FileNotFoundError(missing)
    warnings.warn(
        f"{missing} Until then this run uses the {bundle}.",
        BundledDataWarning,
        stacklevel=2,
    )
    return Supply(bundle.files, bundle.read(), str(bundle))


def warn_of_damage(found: Found) -> None:
    """Warn once a corrupt file, with what is wrong and what serves instead."""
    for complaint in found.complaints():
        warnings.warn(complaint, CorruptDataWarning, stacklevel=3)


def provenance(found: Found) -> str:
    """Where the full set came from, for a run's results."""
    return f"full: {', '.join(dict.fromkeys(found.origins.values()))}"


def report(archive: Archive[Files], data_dir: Path, found: Found) -> str:
    """Where the full set was looked for, why each place failed, and what to do."""
    looked = "\n".join(f"  {line}" for line in found.refused)
    files = archive.files.all()
    names = ", ".join(file.name for file in files)
    gzipped = " (or the same with .gz)" if any(file.gzipped for file in files) else ""
    return (
        f"{archive.name}: the full dataset was not found. Looked in:\n{looked}\n"
        f"Put {names}{gzipped} into {archive.folder(data_dir)}, or name their directory in the"
        f" environment variable {archive.variable}."
    )
