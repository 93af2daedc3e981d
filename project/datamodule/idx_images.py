"""Datamodules of the datasets that are published as four IDX files: MNIST and its successors.

Shapes: N = images, H = height, W = width.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Ge
from torch import Tensor

from .idx import IdxFiles
from .image import ImageDataModule
from .published import Files
from .samples import Transform
from .source import Archive, Found, find, prepare
from .supply import Bundle, Source, Supply, supply


class IdxImages(ImageDataModule):
    """Images from verified IDX files: in `data_dir`, a directory that the environment names, the system, or the net.

    A subclass adds the facts of `ImageDataModule`, an `archive`, and a `bundle` when a subset ships with it. One
    process of each machine mends and downloads, in `prepare_data`; the others only read.

    Args:
        data_dir: what torchvision calls `root`: files lie in `data_dir/NAME/raw/`, and downloads go there.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve.
        num_workers: processes that gather batches; 0 gathers them in the training process, which is fast enough here.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.
    """

    archive: ClassVar[Archive[IdxFiles]]
    bundle: ClassVar[Bundle | None] = None

    def __init__(
        self,
        data_dir: str | Path = "data",
        *,
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_size=val_size,
            num_workers=num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )
        self.data_dir = Path(data_dir).expanduser()
        self.source: Source = "full"
        self._supply: Supply | None = None

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
