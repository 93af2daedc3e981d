"""What every image classification datamodule shares: split, order, loaders and normalisation.

Shapes: N = images, B = batch, C = channels, H = height, W = width.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, cast

import torch
from annotated_types import Ge
from lightning.pytorch import LightningDataModule
from torch import Tensor

from .batches import EpochOrder, LabelledImages, as_is, generator, images_only
from .resume import StatelessLoader, position

Batch = tuple[Tensor, Tensor]
"""Images (B, C, H, W), uint8 from the loader and normalised floats on the device, and labels (B,) int64."""

_FACTS = ("classes", "num_channels", "height", "width", "mean", "std")


class ImageDataModule(LightningDataModule, ABC):
    """Labelled images held in memory as one uint8 tensor, served in whole batches and normalised on the device.

    A dataset is a subclass with the facts below as class attributes, `load`, and, when files must be fetched first,
    `prepare_data`:

        class Digits(ImageDataModule):
            classes = ("zero", "one")
            num_channels, height, width = 1, 8, 8
            mean, std = (0.3,), (0.37,)

            def load(self, train: bool) -> tuple[Tensor, Tensor]:
                return images, labels

    The order of training samples depends on (seed, epoch) alone, and a resumed run goes on with the first sample that
    it has not seen. Under several processes each sees its share, in training, validation, test and prediction.

    Args:
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve.
        num_workers: processes that gather batches; 0 gathers them in the training process, which is fast enough here.
        seed: of the split and of the order of training samples.

    Raises:
        ValueError: an argument out of its range.
    """

    classes: ClassVar[tuple[str, ...]]
    """Names by label."""
    num_channels: ClassVar[int]
    height: ClassVar[int]
    width: ClassVar[int]
    mean: ClassVar[tuple[float, ...]]
    """Mean of each channel over the training set, of values in [0, 1]."""
    std: ClassVar[tuple[float, ...]]
    """Standard deviation of each channel, likewise."""
    num_classes: ClassVar[int]
    """Derived from `classes`."""
    input_dim: ClassVar[int]
    """Derived: C * H * W."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if _missing_facts(cls):
            return  # an abstract step on the way to a dataset
        if not len(cls.mean) == len(cls.std) == cls.num_channels:
            raise ValueError(f"{cls.__name__}: mean and std need one value for each of {cls.num_channels} channels")
        cls.num_classes = len(cls.classes)
        cls.input_dim = cls.num_channels * cls.height * cls.width

    def __init__(
        self,
        *,
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if missing := _missing_facts(type(self)):
            raise TypeError(f"{type(self).__name__} lacks the class attributes {', '.join(missing)}")
        least = {"batch_size": (batch_size, 1), "val_size": (val_size, 1), "num_workers": (num_workers, 0)}
        problems = [
            f"{name}={value} is less than {low}"
            for name, (value, low) in least.items()
            if value is not None and value < low
        ]
        if problems:
            raise ValueError(f"{type(self).__name__}: {'; '.join(problems)}")
        self.batch_size = batch_size
        self.val_size = val_size
        self.num_workers = num_workers
        self.seed = seed
        self._train: LabelledImages | None = None
        self._val: LabelledImages | None = None
        self._test: LabelledImages | None = None

    @abstractmethod
    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        """The training or the test set: images (N, C, H, W) uint8 and labels (N,) int64 in 0 .. num_classes-1.

        Runs in every process, after `prepare_data` has run in one process of each machine.
        """

    def setup(self, stage: str) -> None:
        """Load and split what `stage` needs; what is loaded stays for later stages.

        Raises:
            ValueError: `val_size` leaves no image to train on, or `load` breaks its promise.
        """
        if stage in ("fit", "validate") and self._train is None:
            self._train, self._val = self._split(self._loaded(train=True))
        if stage in ("test", "predict") and self._test is None:
            self._test = self._loaded(train=False)

    @property
    def checksums(self) -> dict[str, str]:
        """The sha256 of each split that is held in memory so far."""
        held = {"train": self._train, "val": self._val, "test": self._test}
        return {name: data.checksum for name, data in held.items() if isinstance(data, LabelledImages)}

    def train_dataloader(self) -> StatelessLoader[Batch]:
        """Batches (images, labels) of the training split, in an order of their own each epoch."""
        return self._loader(self._train, "fit", shuffle=True)

    def val_dataloader(self) -> StatelessLoader[Batch]:
        """Batches (images, labels) of the images held out."""
        return self._loader(self._val, "fit")

    def test_dataloader(self) -> StatelessLoader[Batch]:
        """Batches (images, labels) of the test set, in its order."""
        return self._loader(self._test, "test")

    def predict_dataloader(self) -> StatelessLoader[Tensor]:
        """Batches of the test set's images alone, in its order."""
        return self._loader(self._test, "predict", collate_fn=images_only)

    def on_after_batch_transfer(self, batch: Batch | Tensor, dataloader_idx: int) -> Batch | Tensor:
        """Normalise a batch where it has arrived."""
        if isinstance(batch, Tensor):
            return self.normalise(batch)
        images, labels = batch
        return self.normalise(images), labels

    def example_batch(self, batch_size: int | None = None) -> Batch:
        """A batch as the model sees it, made of the facts alone: noise, and labels from the last class down."""
        size = self.batch_size if batch_size is None else batch_size
        images = torch.randn(size, self.num_channels, self.height, self.width)
        return images, (self.num_classes - 1 - torch.arange(size)) % self.num_classes

    def normalise(self, images: Tensor) -> Tensor:
        """(images / 255 - mean) / std by channel, from uint8 (B, C, H, W), in the dtype that the model computes in."""
        scales = [1 / (255 * std) for std in self.std]
        shifts = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        # One tensor, so that one transfer brings both to the device.
        scale, shift = torch.tensor([scales, shifts], dtype=torch.float32, device=images.device).view(2, -1, 1, 1)
        return images.float().mul_(scale).add_(shift).to(self._dtype())

    def _dtype(self) -> torch.dtype:
        # Lightning casts a batch to precision="bf16-true" and the like before this hook, while it is still uint8.
        module = self.trainer.lightning_module if self.trainer else None
        return cast("torch.dtype", module.dtype) if module is not None else torch.float32

    def _loaded(self, train: bool) -> LabelledImages:
        images, labels = self.load(train)
        expected = (self.num_channels, self.height, self.width)
        if images.dtype != torch.uint8 or labels.dtype != torch.int64:
            raise ValueError(f"{type(self).__name__}.load gave {images.dtype} and {labels.dtype}, not uint8 and int64")
        if images.shape[1:] != expected or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{type(self).__name__}.load gave images {tuple(images.shape)} and labels {tuple(labels.shape)},"
                f" not (N, {', '.join(map(str, expected))}) and (N,)"
            )
        low, high = labels.aminmax()
        if low < 0 or high >= self.num_classes:
            raise ValueError(
                f"{type(self).__name__}.load gave labels from {low} to {high}, not in 0 .. {self.num_classes - 1}"
            )
        return LabelledImages(images, labels)

    def _split(self, whole: LabelledImages) -> tuple[LabelledImages, LabelledImages]:
        size = len(whole)
        held_out = max(1, size // 12) if self.val_size is None else self.val_size
        if held_out >= size:
            raise ValueError(
                f"{type(self).__name__}: val_size={held_out} leaves nothing to train on: the training set has {size}"
                f" images. Hold out fewer, or leave val_size out for {size // 12}."
            )
        order = torch.randperm(size, generator=generator(self.seed, "split"))
        train, val = order[held_out:].sort().values, order[:held_out].sort().values
        return LabelledImages(*whole.rows(train)), LabelledImages(*whole.rows(val))

    def _loader(
        self,
        data: LabelledImages | None,
        stage: str,
        *,
        shuffle: bool = False,
        collate_fn: Callable[[Any], Any] = as_is,
    ) -> StatelessLoader[Any]:
        if data is None:
            raise ValueError(f"{type(self).__name__}: call prepare_data() and setup({stage!r}) before the loaders")
        return StatelessLoader[Any](
            data,
            batch_size=self.batch_size,
            sampler=self._sampler(data, shuffle),
            collate_fn=collate_fn,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
        )

    def _sampler(self, data: LabelledImages, shuffle: bool) -> EpochOrder | None:
        share = (self.trainer.distributed_sampler_kwargs if self.trainer else None) or {}
        rank, world_size = share.get("rank", 0), share.get("num_replicas", 1)
        if world_size == 1 and not shuffle:
            return None  # PyTorch's own sequential order, which Lightning knows as such
        return EpochOrder(
            data,
            batch_size=self.batch_size,
            seed=self.seed,
            shuffle=shuffle,
            rank=rank,
            world_size=world_size,
            resume=position(self.trainer) if shuffle and self.trainer else (0, 0),
        )


def _missing_facts(cls: type[ImageDataModule]) -> list[str]:
    return [name for name in _FACTS if not hasattr(cls, name)]
