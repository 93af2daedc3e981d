"""Fashion-MNIST, pictures of clothes, and the subset of it that ships with this package.

Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
arXiv:1708.07747, 2017; https://github.com/zalandoresearch/fashion-mnist, MIT licence.
"""

from pathlib import Path
from typing import Annotated, get_args

from annotated_types import Ge

from .idx import IdxFiles
from .idx_images import IdxImages
from .samples import Transform
from .source import Archive
from .supply import Bundle, Source

ARCHIVE = Archive(
    name="FashionMNIST",
    variable="FASHION_MNIST_DIR",
    share="fashion-mnist",
    files=IdxFiles.described(
        train=60_000,
        test=10_000,
        sha256=(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
)
SUBSET = Bundle(
    directory=Path(__file__).parent / "fashion_mnist_subset",
    files=IdxFiles.described(
        train=6000,
        test=1000,
        sha256=(
            "23e394b6fb28aae138873299de1ac6f4e45b285a52531ea52ca0655d2e4bc8c9",
            "e8496dc94e80b9f1388f590c9d4818b8bcb700fe206fb9b518b487b058c8e711",
            "10d54b553b03093c79c3b485eca1f8a4fa0ab676ad2da7a9f48bfed475ffcf78",
            "2036a5aa0534e17e11780900a9e4d106a9caa788fe6db247f92d311b4501770a",
        ),
    ),
)


class FashionMNIST(IdxImages):
    """60 000 + 10 000 pictures of clothes, 28 x 28 pixels in grey; a tenth of them ships with this package.

    Args:
        data_dir: what torchvision calls `root`: files lie in `data_dir/FashionMNIST/raw/`, and downloads go there.
        source: `full` is an error when the full set is nowhere, `bundled` takes the subset of 6000 + 1000 images, and
            `auto` takes the full set or else, with a warning, the subset.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve: 5000, or
            500 of the subset.
        num_workers: processes that gather batches; 0 gathers them in the training process, which is fast enough here.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.

    Raises:
        ValueError: an argument out of its range.
    """

    archive = ARCHIVE
    bundle = SUBSET
    classes: tuple[str, ...] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    num_channels = 1
    height = 28
    width = 28
    mean = (0.2860,)
    std = (0.3530,)

    def __init__(
        self,
        data_dir: str | Path = "data",
        *,
        source: Source = "auto",
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            data_dir,
            batch_size=batch_size,
            val_size=val_size,
            num_workers=num_workers,
            transform=transform,
            eval_transform=eval_transform,
            augment=augment,
            seed=seed,
        )
        if source not in get_args(Source):
            # Else a slip of the pen would mean "auto".
            raise ValueError(f"FashionMNIST: source={source!r} is none of {', '.join(map(repr, get_args(Source)))}")
        self.source = source
