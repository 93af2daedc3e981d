"""Image files in directories, one directory a class.

Shapes: C = channels, H = height, W = width.
"""

from importlib import import_module
from operator import methodcaller
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge
from torch.utils.data import Dataset

from .image import ImageDataModule
from .samples import Transform, workers


class ImageFolder(ImageDataModule):
    """Image files of any size in `train/CLASS/`, `test/CLASS/` and, if it is there, `val/CLASS/`.

    The files are read and decoded batch by batch, in the workers. After `transform` or `eval_transform`, which see the
    decoded image as it is, an image is scaled to height x width. What a model must know before the files are seen is
    stated here, and compared with what is there.

    Args:
        data_dir: the directory that holds `train` and `test`.
        num_classes: K, the number of directories in each set; their sorted names are the classes.
        height: H in pixels.
        width: W in pixels.
        num_channels: C, 3 for colour and 1 for grey; files are converted.
        mean: of each channel, of values in [0, 1]; the default is ImageNet's, for 3 channels.
        std: standard deviation of each channel, likewise.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly, if there is no `val`; None holds out one
            in twelve.
        num_workers: processes that read images; None takes one for each core that the run may use, eight at most.
        transform: applied to each training image (C, h, w) uint8 on its own.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.

    Raises:
        ValueError: an argument out of its range, or facts that contradict each other.
    """

    resizes = True

    def __init__(
        self,
        data_dir: str | Path,
        *,
        num_classes: Annotated[int, Ge(1)],
        height: Annotated[int, Ge(1)] = 224,
        width: Annotated[int, Ge(1)] = 224,
        num_channels: Literal[1, 3] = 3,
        mean: tuple[float, ...] = (0.485, 0.456, 0.406),
        std: tuple[float, ...] = (0.229, 0.224, 0.225),
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] | None = None,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        if num_classes < 1 or height < 1 or width < 1 or num_channels not in (1, 3):
            raise ValueError(
                f"ImageFolder: {num_classes=}, {height=}, {width=}, {num_channels=}: needs a class, a pixel, and 1 or 3"
                " channels"
            )
        self.data_dir = Path(data_dir).expanduser()
        # Until their directories are seen.
        self.classes = tuple(map(str, range(num_classes)))
        self.num_channels, self.height, self.width = num_channels, height, width
        self.mean, self.std = mean, std
        super().__init__(
            batch_size=batch_size,
            val_size=val_size,
            num_workers=workers() if num_workers is None else num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )

    def prepare_data(self) -> None:
        """Look whether the directories are there.

        Raises:
            FileNotFoundError: `train` or `test` is not there.
        """
        missing = [str(self.data_dir / part) for part in ("train", "test") if not (self.data_dir / part).is_dir()]
        if missing:
            raise FileNotFoundError(
                f"ImageFolder: there is no {' and no '.join(missing)}. data_dir must hold train/CLASS/ and test/CLASS/"
                " with image files, and may hold val/CLASS/."
            )

    def load(self, train: bool) -> Dataset[Any]:
        """The image files of one set and their labels."""
        return self._read("train" if train else "test")

    def load_val(self) -> Dataset[Any] | None:
        """The image files in `val`, if it is there.

        Raises:
            ValueError: `val_size` was given as well.
        """
        if not (self.data_dir / "val").is_dir():
            return None
        if self.val_size is not None:
            raise ValueError(
                f"ImageFolder: val_size={self.val_size} has no effect, for {self.data_dir / 'val'} is there; leave"
                " val_size out"
            )
        return self._read("val")

    def _read(self, part: str) -> Dataset[Any]:
        datasets: Any = import_module("torchvision.datasets")
        self.prepare_data()
        # torchvision's own loader gives colour whatever the file holds.
        grey_or_colour = methodcaller("convert", "L") if self.num_channels == 1 else None
        found = datasets.ImageFolder(str(self.data_dir / part), transform=grey_or_colour)
        names = tuple(found.classes)
        if len(names) != self.num_classes:
            raise ValueError(
                f"ImageFolder: num_classes={self.num_classes}, but {self.data_dir / part} has {len(names)} directories:"
                f" {_some(names)}; give num_classes={len(names)}"
            )
        if part != "train":
            expected = datasets.folder.find_classes(str(self.data_dir / "train"))[0]
            if names != tuple(expected):
                raise ValueError(
                    f"ImageFolder: {self.data_dir / part} has other classes than train: {_some(names)} instead of"
                    f" {_some(tuple(expected))}"
                )
        self.classes = names
        dataset: Dataset[Any] = found
        return dataset


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
