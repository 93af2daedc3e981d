"""Datamodules of the datasets that are published as four IDX files: MNIST and its successors.

Shapes: N = images, H = height, W = width.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from .idx import IdxFiles
from .published import Files
from .published_images import PublishedImages
from .source import Archive, Found, find, prepare
from .supply import Bundle, Source, Supply, supply


class IdxImages(PublishedImages):
    """Images from verified IDX files.

    A subclass adds the facts of `ImageDataModule`, an `archive`, and a `bundle` when a subset ships with it. One
    process of each machine mends and downloads, in `prepare_data`; the others only read.
    """

    archive: ClassVar[Archive[IdxFiles]]
    bundle: ClassVar[Bundle | None] = None
    source: Source = "full"
    _supply: Supply | None = None

    @property
    def source_used(self) -> str:
        """What serves the images, for a run's results: `full: DIRECTORY` or `bundled subset: ...`; empty at first."""
        return self._supply.provenance if self._supply else ""

    def prepare_data(self) -> None:
        """Find the files, mend those that are corrupt in `data_dir`, and download those that no place has.

        Raises:
            FileNotFoundError: the full set is nowhere and no subset may stand in; lists every place and its reason.
        """
        if self._supply is None:
            self._supply = self._look(prepare)

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """The images (N, 1, H, W) and labels (N,) of one set, from the files that were found."""
        if self._supply is None or (taken := self._supply.take(train)) is None:
            self._supply = self._look(find)
            taken = self._supply.take(train)
        assert taken is not None
        images, labels = taken
        return images.unsqueeze(1), labels.long()

    def _look(self, how: Callable[[Archive[Files], Path], Found]) -> Supply:
        return supply(self.archive, self.bundle, self.source, self.data_dir, how)
