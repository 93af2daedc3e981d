"""The catalogue: every component that a run can be made of, one entry an option.

Each entry is checked as a call of the class it names, by mypy and by your editor. Add yours beside them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import SGD, Adam, AdamW, Optimizer
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from project.callbacks import Predictions
from project.config import Group, Presets, conf, conf_partial, refs, root
from project.datamodule import MNIST, FashionMNIST, ImageDataModule
from project.loop import SupervisedLoop
from project.model import MLP, BeegYoshiMLP
from project.scheduler import Constant, Cosine, OneCycle, Schedule
from project.stages import Stage
from project.trainer import num_nodes


class Fields:
    """What an entry may refer to."""

    datamodule: ImageDataModule
    model: nn.Module
    loss: Callable[[Tensor, Tensor], Tensor]
    optimizer: Callable[[Iterable[Parameter]], Optimizer]
    scheduler: Schedule
    metrics: dict[str, Metric]
    monitor: str
    mode: Literal["min", "max"]
    seed: int
    output_dir: str


cfg = refs(Fields)

datamodule = Group[ImageDataModule](
    "datamodule",
    fashion_mnist=conf(FashionMNIST)(seed=cfg.seed),
    mnist=conf(MNIST)(seed=cfg.seed),
)

model = Group[nn.Module](
    "model",
    mlp=conf(MLP)(input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.num_classes),
    beeg_mlp=conf(BeegYoshiMLP)(
        input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.num_classes, beeg_factor=1
    ),
)

loss = Group[Callable[[Tensor, Tensor], Tensor]](
    "loss",
    cross_entropy=conf(nn.CrossEntropyLoss)(),
)

optimizer = Group[Callable[[Iterable[Parameter]], Optimizer]](
    "optimizer",
    adam=conf_partial(Adam)(lr=1e-3),
    adamw=conf_partial(AdamW)(lr=1e-3, weight_decay=1e-2),
    sgd=conf_partial(SGD)(lr=0.1, momentum=0.9, nesterov=True),
)

scheduler = Group[Schedule](
    "scheduler",
    none=conf(Constant)(),
    warmup=conf(Constant)(warmup=0.05),
    cosine=conf(Cosine)(),
    warmup_cosine=conf(Cosine)(warmup=0.05),
    one_cycle=conf(OneCycle)(),
)

metrics = Group[Metric](
    "metrics",
    many=True,
    accuracy=conf(MulticlassAccuracy)(num_classes=cfg.datamodule.num_classes, average="micro"),
    f1=conf(MulticlassF1Score)(num_classes=cfg.datamodule.num_classes, average="macro"),
)

loop = Group[LightningModule](
    "loop",
    supervised=conf(SupervisedLoop)(
        model=cfg.model, loss=cfg.loss, optimizer=cfg.optimizer, scheduler=cfg.scheduler, metrics=cfg.metrics
    ),
)

trainer = Group[Trainer](
    "trainer",
    auto=conf(Trainer)(max_epochs=10, accelerator="auto", devices=1),
    cpu=conf(Trainer)(max_epochs=10, accelerator="cpu", devices=1),
    gpu=conf(Trainer)(max_epochs=10, accelerator="gpu", devices=1),
    mps=conf(Trainer)(max_epochs=10, accelerator="mps", devices=1),
    ddp=conf(Trainer)(max_epochs=10, accelerator="auto", devices="auto", num_nodes=num_nodes(), strategy="ddp"),
    ddp_spawn=conf(Trainer)(max_epochs=10, accelerator="auto", devices="auto", strategy="ddp_spawn"),
    fsdp=conf(Trainer)(max_epochs=10, accelerator="gpu", devices="auto", num_nodes=num_nodes(), strategy="fsdp"),
)

logger = Group[Logger](
    "logger",
    many=True,
    tensorboard=conf(TensorBoardLogger)(save_dir=cfg.output_dir, name="", version="tensorboard"),
    csv=conf(CSVLogger)(save_dir=cfg.output_dir, name="", version="csv"),
)

callbacks = Group[Callback](
    "callbacks",
    many=True,
    checkpoint=conf(ModelCheckpoint)(
        dirpath=f"{cfg.output_dir}/checkpoints", filename="best", monitor=cfg.monitor, mode=cfg.mode, save_last=True
    ),
    early_stopping=conf(EarlyStopping)(monitor=cfg.monitor, mode=cfg.mode, patience=5),
    learning_rate=conf(LearningRateMonitor)(logging_interval="step"),
    progress=conf(TQDMProgressBar)(refresh_rate=50),
    predictions=conf(Predictions)(path=f"{cfg.output_dir}/predictions.csv"),
)


@root
@dataclass
class Config:
    """One training run.

    `monitor` is the logged value that chooses the best checkpoint, `mode` whether it should be "max" or "min";
    `stages` are run in order, from the weights in `ckpt_path` if there are any. `rerun` is the
    directory of a run that this one repeats, from scratch and in a directory of its own. `output_dir` is where the run
    writes.
    `check` stops before the first stage, `preflight` tries the parts out before it.
    """

    datamodule: ImageDataModule = datamodule.default("fashion_mnist")
    model: nn.Module = model.default("beeg_mlp")
    loss: Callable[[Tensor, Tensor], Tensor] = loss.default("cross_entropy")
    optimizer: Callable[[Iterable[Parameter]], Optimizer] = optimizer.default("adam")
    scheduler: Schedule = scheduler.default("cosine")
    metrics: dict[str, Metric] = metrics.defaults("accuracy", "f1")
    loop: LightningModule = loop.default("supervised")
    trainer: Trainer = trainer.default("auto")
    logger: dict[str, Logger] = logger.defaults("tensorboard", "csv")
    callbacks: dict[str, Callback] = callbacks.defaults(
        "checkpoint", "early_stopping", "learning_rate", "progress", "predictions"
    )
    monitor: str = "val/accuracy"
    mode: Literal["min", "max"] = "max"
    stages: tuple[Stage, ...] = ("fit", "test")
    ckpt_path: str | None = None
    rerun: str | None = None
    seed: int = 1590258941
    output_dir: str = "${hydra:runtime.output_dir}"
    check: bool = False
    preflight: bool = True


experiment = Presets[Config](
    "experiment",
    beeg=conf(Config)(
        model=conf(BeegYoshiMLP)(
            input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.num_classes, beeg_factor=10
        ),
        optimizer=conf_partial(AdamW)(lr=3e-4),
    ),
    sgd=conf(Config)(optimizer=optimizer["sgd"], scheduler=scheduler["warmup_cosine"]),
)

debug = Presets[Config](
    "debug",
    tune=True,
    fast=conf(Config)(trainer=conf(Trainer)(fast_dev_run=True)),
    limit=conf(Config)(
        trainer=conf(Trainer)(max_epochs=2, limit_train_batches=10, limit_val_batches=5, limit_test_batches=5)
    ),
    overfit=conf(Config)(trainer=conf(Trainer)(overfit_batches=1, max_epochs=100, log_every_n_steps=1)),
    profile=conf(Config)(trainer=conf(Trainer)(profiler="simple")),
    anomaly=conf(Config)(trainer=conf(Trainer)(detect_anomaly=True)),
)

if __name__ == "__main__":
    from project.config.catalogue import main

    main()
