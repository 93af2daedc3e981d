"""Options and presets of one's own, added to the catalogue's groups from another file."""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Literal

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, LambdaCallback, ModelSummary
from lightning.pytorch.loggers import CSVLogger, Logger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import SGD, Adagrad, AdamW, Optimizer
from torch.optim.lr_scheduler import ExponentialLR, StepLR
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy
from torchvision.models import squeezenet1_1

import configs
from configs import Config, cfg
from project.config import Group, Presets, conf, conf_partial
from project.datamodule import FashionMNIST, ImageDataModule
from project.loop import SupervisedLoop
from project.model import MLP
from project.scheduler import OneCycle, PerEpoch, Schedule


class Pooling(Enum):
    """How to pool."""

    MEAN = "mean"
    MAX = "max"


class Tower(nn.Module):
    """Blocks on a stem, with parameters of all sorts of types."""

    def __init__(
        self,
        stem: nn.Module,
        blocks: Sequence[nn.Module],
        heads: dict[str, nn.Module],
        *,
        activation: type[nn.Module] = nn.ReLU,
        initialise: Callable[[Tensor], Tensor] = torch.nn.init.zeros_,
        pooling: Pooling = Pooling.MEAN,
        size: tuple[int, int] = (28, 28),
        dtype: torch.dtype = torch.float32,
        norm: Literal["batch", "layer"] | None = None,
        weights: Path | None = None,
    ) -> None:
        super().__init__()
        self.stem, self.blocks, self.heads = stem, nn.ModuleList(blocks), nn.ModuleDict(heads)
        self.activation = activation()
        self.settings = (initialise, pooling, size, dtype, norm, weights)

    def forward(self, inputs: Tensor) -> Tensor:
        """Stem, blocks, first head."""
        hidden: Tensor = self.stem(inputs)
        for block in self.blocks:
            hidden = self.activation(block(hidden))
        logits: Tensor = next(iter(self.heads.values()))(hidden)
        return logits


def scaled(factor: float, *, offset: float = 0.0) -> nn.Module:
    """A function that makes a model, instead of a class."""
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(10), nn.Hardtanh(offset - factor, offset + factor))


def weighted_sum(weight: float) -> Callable[[Tensor, Tensor], Tensor]:
    """A function that makes a loss."""
    return lambda prediction, target: weight * nn.functional.cross_entropy(prediction, target)


def make_optimizer(params: Iterable[Parameter], *, lr: float, decay: float = 0.0) -> Optimizer:
    """A function that makes an optimizer."""
    return AdamW(params, lr=lr, weight_decay=decay)


class Patient(Callback):
    """A callback of one's own."""

    def __init__(self, patience: int, *, quiet: bool = True) -> None:
        self.patience, self.quiet = patience, quiet


model = Group[nn.Module](
    "model",
    linear=conf(nn.Sequential)(
        conf(nn.Flatten)(), conf(nn.Linear)(cfg.datamodule.input_dim, cfg.datamodule.num_classes)
    ),
    wide=conf(MLP)(cfg.datamodule.input_dim, output_dim=cfg.datamodule.num_classes, hidden_dim=512),
    tower=conf(Tower)(
        conf(nn.Flatten)(),
        [conf(nn.Linear)(784, 784), conf(MLP)(784, 784, dropout=0.5)],
        {"classes": conf(nn.Linear)(784, cfg.datamodule.num_classes)},
        activation=nn.GELU,
        initialise=torch.nn.init.ones_,
        pooling=Pooling.MAX,
        size=(cfg.datamodule.height, cfg.datamodule.width),
        dtype=torch.bfloat16,
        norm="layer",
        weights=Path("weights.pt"),
    ),
    scaled=conf(scaled)(2.0, offset=1),
    squeezenet=conf(squeezenet1_1)(num_classes=cfg.datamodule.num_classes),
)
datamodule = Group[ImageDataModule]("datamodule", small=conf(FashionMNIST)(source="bundled", seed=cfg.seed))
loss = Group[Callable[[Tensor, Tensor], Tensor]](
    "loss",
    smooth=conf(nn.CrossEntropyLoss)(label_smoothing=0.1),
    margin=conf(nn.MultiMarginLoss)(p=2, margin=0.5),
    weighted=conf(weighted_sum)(0.5),
)
optimizer = Group[Callable[[Iterable[Parameter]], Optimizer]](
    "optimizer",
    adagrad=conf_partial(Adagrad)(lr=0.01),
    own=conf_partial(make_optimizer)(lr=1e-3, decay=0.1),
)
scheduler = Group[Schedule](
    "scheduler",
    stairs=conf(PerEpoch)(conf_partial(StepLR)(step_size=5)),
    fading=conf(PerEpoch)(factory=conf_partial(ExponentialLR)(gamma=0.9)),
    slow=conf(OneCycle)(pct_start=0.5),
)
metrics = Group[Metric]("metrics", many=True, top3=conf(MulticlassAccuracy)(cfg.datamodule.num_classes, top_k=3))
loop = Group[LightningModule](
    "loop",
    frozen_loss=conf(SupervisedLoop)(
        cfg.model, conf(nn.CrossEntropyLoss)(), cfg.optimizer, cfg.scheduler, metrics=cfg.metrics
    ),
)
trainer = Group[Trainer]("trainer", clipped=conf(Trainer)(accelerator="cpu", gradient_clip_val=1, max_epochs=1))
logger = Group[Logger]("logger", many=True, plain=conf(CSVLogger)(cfg.output_dir, name=None))
callbacks = Group[Callback](
    "callbacks",
    many=True,
    patient=conf(Patient)(3),
    patient_early_stopping=conf(EarlyStopping)(cfg.monitor, patience=50, mode=cfg.mode),
    overview=conf(ModelSummary)(max_depth=3),
    nothing=conf(LambdaCallback)(),
)

experiment = Presets[Config](
    "experiment",
    tall=conf(Config)(model=model["tower"], optimizer=optimizer["own"], seed=7),
    of_the_catalogue=conf(Config)(model=configs.model["beeg_mlp"], trainer=configs.trainer["cpu"]),
    inline=conf(Config)(
        model=conf(MLP)(784, cfg.datamodule.num_classes, hidden_dim=32),
        optimizer=conf_partial(SGD)(lr=0.1),
        scheduler=conf(PerEpoch)(conf_partial(StepLR)(step_size=1)),
        monitor="val/loss",
        mode="min",
    ),
    many=conf(Config)(
        callbacks={"patient": callbacks["patient"], "stop": conf(EarlyStopping)("val/loss")},
        metrics={"top5": conf(MulticlassAccuracy)(cfg.datamodule.num_classes, top_k=5)},
    ),
)
