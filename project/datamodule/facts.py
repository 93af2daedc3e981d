"""What is known of a dataset of images before any of it is loaded.

Shapes: B = batch, C = channels, H = height, W = width; targets are those of the task, see `targets`.
"""

import torch
from torch import Tensor

from .batches import Batch
from .targets import Targets, Task

_GIVEN = ("classes", "num_channels", "height", "width", "mean", "std")


class Facts:
    """The facts that the parts of a run refer to; those without a value are given by each dataset.

    A dataset gives them as class attributes, or sets them in its constructor when they are parameters. Those that
    follow from others are properties: a config can refer to them before there is an instance.
    """

    task: Task = "multiclass"
    classes: tuple[str, ...]
    """Names by label; none in regression."""
    num_channels: int
    height: int
    width: int
    mean: tuple[float, ...]
    """Mean of each channel over the training set, of values in [0, 1]."""
    std: tuple[float, ...]
    """Standard deviation of each channel, likewise."""
    resizes: bool = False
    """Whether images of other sizes are scaled to `height` x `width`."""

    @property
    def num_classes(self) -> int:
        """K: classes, or labels that an image can have several of."""
        return len(self.classes)

    @property
    def input_dim(self) -> int:
        """C * H * W."""
        return self.num_channels * self.height * self.width

    @property
    def output_dim(self) -> int:
        """How many numbers a model gives for one image: K, or 1 in a binary task and in regression."""
        return self.targets.output_dim

    @property
    def targets(self) -> Targets:
        """What the targets look like."""
        return Targets(self.task, self.num_classes)

    @property
    def target_mean(self) -> float:
        """Mean of the training targets of a regression; 0 in other tasks."""
        return 0.0

    @property
    def target_std(self) -> float:
        """Standard deviation of the training targets of a regression; 1 in other tasks."""
        return 1.0

    batch_size: int
    """B, unless told otherwise."""

    def example_batch(self, batch_size: int | None = None) -> Batch:
        """A batch as the model sees it, made of the facts alone: noise, and targets as `Targets.example` has them."""
        size = self.batch_size if batch_size is None else batch_size
        images = torch.randn(size, self.num_channels, self.height, self.width)
        return images, self.targets.example(size)

    def check_facts(self) -> None:
        """Raise a TypeError if facts are missing, and a ValueError if they contradict each other."""
        if missing := [name for name in _GIVEN if not hasattr(self, name)]:
            raise TypeError(f"{type(self).__name__} lacks the class attributes {', '.join(missing)}")
        counts = {"binary": 2, "regression": 0}
        if (count := counts.get(self.task, self.num_classes)) != self.num_classes:
            raise ValueError(f"{type(self).__name__}: a {self.task} task has {count} classes, not {self.num_classes}")
        if not len(self.mean) == len(self.std) == self.num_channels:
            raise ValueError(
                f"{type(self).__name__}: mean and std need one value for each of {self.num_channels} channels"
            )

    def check_loaded(self, images: Tensor, labels: Tensor) -> None:
        """Raise a ValueError if what `load` gave are no images (N, C, H, W) uint8 with targets of the task."""
        name, targets = f"{type(self).__name__}.load", self.targets
        if images.dtype != torch.uint8 or labels.dtype != targets.dtype:
            said = f"{images.dtype} and {labels.dtype}, not uint8 and {str(targets.dtype).removeprefix('torch.')}"
            raise ValueError(f"{name} gave {said}")
        expected = self.num_channels, self.height, self.width
        if images.shape[1:] != expected or labels.shape != targets.shape(len(images)):
            dims = ", ".join(["N", *map(str, targets.shape(0)[1:])]) + ("," if targets.task == "multiclass" else "")
            raise ValueError(
                f"{name} gave images {tuple(images.shape)} and labels {tuple(labels.shape)},"
                f" not (N, {', '.join(map(str, expected))}) and ({dims})"
            )
        if problem := targets.problem(labels):
            raise ValueError(f"{name} gave {problem}")
