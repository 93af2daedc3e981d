"""What every datamodule of images shares: split, order, loaders, transforms and normalisation.

Shapes: N = images, B = batch, C = channels, H = height, W = width; targets are those of the task, see `targets`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, cast

import torch
from annotated_types import Ge
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import Dataset

from .batches import Batch, EpochOrder, Examples, LabelledImages, as_is, generator, images_only
from .facts import Facts
from .placement import room
from .resume import StatelessLoader, position
from .samples import Fit, Samples, Transform, Transformed

Loaded = tuple[Tensor, Tensor] | Dataset[Any]
"""In memory: images (N, C, H, W) uint8, and the targets of the task. One by one: a map-style dataset of pairs, whose
images are (C, H, W) uint8 or of PIL, or floats that are normalised already."""

_HUNG_S = 1800
"""Seconds after which a worker that has sent no batch is taken to hang; without a limit a run would wait for ever."""


class ImageDataModule(Facts, LightningDataModule, ABC):
    """Images with targets, served in whole batches and normalised on the device.

    A dataset is a subclass with its `Facts` as class attributes, `load`, and, when files must be fetched first,
    `prepare_data`:

        class Digits(ImageDataModule):
            classes = ("zero", "one")
            num_channels, height, width = 1, 8, 8
            mean, std = (0.3,), (0.37,)

            def load(self, train: bool) -> tuple[Tensor, Tensor]:
                return images, labels

    The order of training samples depends on (seed, epoch) alone, and a resumed run goes on with the first sample that
    it has not seen. Under several processes each sees its share, in training, validation, test and prediction.

    Images in memory are copied to a GPU once, if a quarter of its free memory holds them, and batches are made there.

    Args:
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve.
        num_workers: processes that make batches; 0 makes them in the training process, which is fast enough for images
            in memory without a `transform`.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device: see `augment`.
        seed: of the split, of the order of training samples, and of what a transform draws.

    Raises:
        ValueError: an argument out of its range, or facts that contradict each other.
    """

    def __init__(
        self,
        *,
        batch_size: Annotated[int, Ge(1)] = 64,
        val_size: Annotated[int, Ge(1)] | None = None,
        num_workers: Annotated[int, Ge(0)] = 0,
        transform: Transform | None = None,
        eval_transform: Transform | None = None,
        augment: Transform | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.check_facts()
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
        self.transform = transform
        self.eval_transform = eval_transform
        self.augment = augment
        self.seed = seed
        self._scales: tuple[Tensor, ...] | None = None
        self._train: Examples | None = None
        self._val: Examples | None = None
        self._test: Examples | None = None

    @abstractmethod
    def load(self, train: bool) -> Loaded:
        """The training or the test set.

        Runs in every process, after `prepare_data` has run in one process of each machine.
        """

    def load_val(self) -> Loaded | None:
        """The validation set of a dataset that has one; None holds images out of the training set."""
        return None

    def setup(self, stage: str) -> None:
        """Load and split what `stage` needs; what is loaded stays for later stages.

        Raises:
            ValueError: `val_size` leaves no image to train on, or `load` breaks its promise.
        """
        if stage in ("fit", "validate") and self._train is None:
            train, val = self._examples(self.load(train=True)), self.load_val()
            self._train, self._val = self._split(train) if val is None else (train, self._examples(val))
        if stage in ("test", "predict") and self._test is None:
            self._test = self._examples(self.load(train=False))

    def teardown(self, stage: str) -> None:
        """Leave nothing in a device's memory."""
        for data in (self._train, self._val, self._test):
            if isinstance(data, LabelledImages):
                data.release()

    @property
    def checksums(self) -> dict[str, str]:
        """The sha256 of each split that is held in memory so far."""
        held = {"train": self._train, "val": self._val, "test": self._test}
        return {name: data.checksum for name, data in held.items() if isinstance(data, LabelledImages)}

    def train_dataloader(self) -> StatelessLoader[Batch]:
        """Batches (images, targets) of the training split, in an order of their own each epoch."""
        return self._loader(self._train, "fit", shuffle=True)

    def val_dataloader(self) -> StatelessLoader[Batch]:
        """Batches (images, targets) of the images held out."""
        return self._loader(self._val, "fit")

    def test_dataloader(self) -> StatelessLoader[Batch]:
        """Batches (images, targets) of the test set, in its order."""
        return self._loader(self._test, "test")

    def predict_dataloader(self) -> StatelessLoader[Tensor]:
        """Batches of the test set's images alone, in its order."""
        return self._loader(self._test, "predict", collate_fn=images_only)

    def on_after_batch_transfer(self, batch: Batch | Tensor, dataloader_idx: int) -> Batch | Tensor:
        """Augment a batch of training, and normalise any, where it has arrived."""
        if isinstance(batch, Tensor):
            return self.normalise(batch)
        images, targets = batch
        if self.augment is not None and self.trainer is not None and self.trainer.training:
            images = self.augment(images)
        return self.normalise(images), targets

    def normalise(self, images: Tensor) -> Tensor:
        """(images / 255 - mean) / std by channel, from uint8 (B, C, H, W), in the dtype that the model computes in.

        Floats are taken as normalised.
        """
        if images.is_floating_point():
            return images.to(self._dtype())
        if self._scales is None or self._scales[0].device != images.device:
            scales = [1 / (255 * std) for std in self.std]
            shifts = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
            # One tensor, so that one transfer brings both to the device.
            both = torch.tensor([scales, shifts], dtype=torch.float32, device=images.device)
            self._scales = both.view(2, -1, 1, 1).unbind()
        scale, shift = self._scales
        return images.float().mul_(scale).add_(shift).to(self._dtype())

    def _dtype(self) -> torch.dtype:
        # Lightning casts a batch to precision="bf16-true" and the like before this hook, while it is still uint8.
        module = self.trainer.lightning_module if self.trainer else None
        return cast("torch.dtype", module.dtype) if module is not None else torch.float32

    def _examples(self, loaded: Loaded) -> Examples:
        if isinstance(loaded, Dataset):
            return Samples(loaded, self.targets)
        images, labels = loaded
        self.check_loaded(images, labels)
        return LabelledImages(images, labels)

    def _split(self, whole: Examples) -> tuple[Examples, Examples]:
        size = len(whole)
        held_out = max(1, size // 12) if self.val_size is None else self.val_size
        if held_out >= size:
            raise ValueError(
                f"{type(self).__name__}: val_size={held_out} leaves nothing to train on: the training set has {size}"
                f" images. Hold out fewer, or leave val_size out for {size // 12}."
            )
        held = torch.zeros(size, dtype=torch.bool)
        held[torch.randperm(size, generator=generator(self.seed, "split"))[:held_out]] = True
        return whole.subset(torch.where(~held)[0]), whole.subset(torch.where(held)[0])

    def _loader(
        self,
        data: Examples | None,
        stage: str,
        *,
        shuffle: bool = False,
        collate_fn: Callable[[Any], Any] = as_is,
    ) -> StatelessLoader[Any]:
        if data is None:
            raise ValueError(f"{type(self).__name__}: call prepare_data() and setup({stage!r}) before the loaders")
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        treated = self._treated(data, self.transform if shuffle else self.eval_transform)
        if isinstance(treated, LabelledImages) and not self.num_workers:
            treated.bring(device, room(device))
        return StatelessLoader[Any](
            treated,
            batch_size=self.batch_size,
            sampler=self._sampler(data, shuffle),
            collate_fn=collate_fn,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            timeout=_HUNG_S if self.num_workers else 0,
            pin_memory=self.num_workers > 0 and device.type == "cuda",
        )

    def _treated(self, data: Examples, transform: Transform | None) -> LabelledImages | Transformed:
        if isinstance(data, LabelledImages) and transform is None:
            return data
        fit = Fit((self.num_channels, self.height, self.width), self.resizes)
        return Transformed(data, transform, fit, self.seed)

    def _sampler(self, data: Examples, shuffle: bool) -> EpochOrder | None:
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
