"""The catalogue: every component that a run can be made of, one entry an option.

Each entry is checked as a call of the class it names, by mypy and by your editor. Add yours beside them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import Logger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import ExponentialLR, MultiStepLR, StepLR
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError, R2Score
from torchvision.datasets import FakeData
from torchvision.transforms.v2 import CutMix, MixUp

from project.acceleration import Mode
from project.callbacks import EMA, BestAndLast, LearningRate, NonFinite, Pictures, Predictions, Progress, Summary
from project.config import Group, Presets, Spaces, choice, conf, conf_partial, integers, log_uniform, refs, root
from project.config.grid import Grid
from project.config.launchers import Basic, Joblib, Launcher, Ray, SubmititLocal, SubmititSlurm
from project.config.search import Search, Sweeper
from project.datamodule import (
    CIFAR10,
    CIFAR100,
    MNIST,
    DatasetDataModule,
    FakeImages,
    FashionAttributes,
    FashionMNIST,
    Footwear,
    ImageDataModule,
    ImageFolder,
    RandomCrop,
    RandomHorizontalFlip,
    RotatedFashionMNIST,
)
from project.logger import CSVLogger, MLFlowLogger, TensorBoardLogger, WandbLogger
from project.loop import AutoencoderLoop, RegressionLoop, SupervisedLoop
from project.loss import AbsoluteError, BinaryCrossEntropy, Focal, Huber, SquaredError
from project.metrics import (
    BinaryAccuracy,
    BinaryAUROC,
    BinaryAveragePrecision,
    BinaryF1Score,
    MulticlassAUROC,
    MulticlassCalibrationError,
    MultilabelAccuracy,
    MultilabelAUROC,
    MultilabelAveragePrecision,
    MultilabelF1Score,
)
from project.model import MLP, BeegYoshiMLP, ConvAutoencoder, ResNet, SmallCNN, TorchvisionModel, ViT
from project.optimizer import SGD, AdamW, Muon
from project.scheduler import Constant, Cosine, OneCycle, PerEpoch, Plateau, Schedule, Trapezoid
from project.stages import Stage
from project.trainer import FSDP, num_nodes


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

crop_and_flip = conf(nn.Sequential)(conf(RandomCrop)(padding=4), conf(RandomHorizontalFlip)())
# The same noise for both: its labels mean nothing.
noise = conf(FakeData)(size=600, image_size=(3, 32, 32), num_classes=10)

datamodule = Group[ImageDataModule](
    "datamodule",
    fashion_mnist=conf(FashionMNIST)(seed=cfg.seed),
    fashion_mnist_augmented=conf(FashionMNIST)(augment=crop_and_flip, seed=cfg.seed),
    mnist=conf(MNIST)(seed=cfg.seed),
    cifar10=conf(CIFAR10)(augment=crop_and_flip, seed=cfg.seed),
    cifar100=conf(CIFAR100)(augment=crop_and_flip, seed=cfg.seed),
    fake=conf(FakeImages)(seed=cfg.seed),
    image_folder=conf(ImageFolder)(data_dir="data/images", num_classes=10, height=32, width=32, seed=cfg.seed),
    datasets=conf(DatasetDataModule)(
        train=noise, test=noise, num_classes=10, num_channels=3, height=32, width=32, seed=cfg.seed
    ),
    fashion_attributes=conf(FashionAttributes)(seed=cfg.seed),
    footwear=conf(Footwear)(seed=cfg.seed),
    rotated_fashion_mnist=conf(RotatedFashionMNIST)(seed=cfg.seed),
)

model = Group[nn.Module](
    "model",
    mlp=conf(MLP)(input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.output_dim),
    beeg_mlp=conf(BeegYoshiMLP)(
        input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.output_dim, beeg_factor=1
    ),
    small_cnn=conf(SmallCNN)(in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim),
    resnet18=conf(ResNet)(in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim, depth=18),
    resnet50=conf(ResNet)(in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim, depth=50),
    resnet18_imagenet=conf(ResNet)(
        in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim, depth=18, stem="imagenet"
    ),
    resnet50_imagenet=conf(ResNet)(
        in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim, depth=50, stem="imagenet"
    ),
    resnet18_pretrained=conf(TorchvisionModel)(
        name="resnet18",
        in_channels=cfg.datamodule.num_channels,
        output_dim=cfg.datamodule.output_dim,
        weights="DEFAULT",
    ),
    efficientnet_b0=conf(TorchvisionModel)(
        name="efficientnet_b0", in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim
    ),
    mobilenet_v3_small=conf(TorchvisionModel)(
        name="mobilenet_v3_small", in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim
    ),
    regnet_y_400mf=conf(TorchvisionModel)(
        name="regnet_y_400mf", in_channels=cfg.datamodule.num_channels, output_dim=cfg.datamodule.output_dim
    ),
    vit=conf(ViT)(
        in_channels=cfg.datamodule.num_channels,
        height=cfg.datamodule.height,
        width=cfg.datamodule.width,
        output_dim=cfg.datamodule.output_dim,
    ),
    conv_autoencoder=conf(ConvAutoencoder)(
        in_channels=cfg.datamodule.num_channels, height=cfg.datamodule.height, width=cfg.datamodule.width
    ),
)

loss = Group[Callable[[Tensor, Tensor], Tensor]](
    "loss",
    cross_entropy=conf(nn.CrossEntropyLoss)(),
    label_smoothing=conf(nn.CrossEntropyLoss)(label_smoothing=0.1),
    focal=conf(Focal)(),
    bce=conf(BinaryCrossEntropy)(),
    mse=conf(SquaredError)(),
    mae=conf(AbsoluteError)(),
    huber=conf(Huber)(),
)

optimizer = Group[Callable[[Iterable[Parameter]], Optimizer]](
    "optimizer",
    adam=conf_partial(Adam)(lr=1e-3),
    adamw=conf_partial(AdamW)(),
    sgd=conf_partial(SGD)(),
    muon=conf_partial(Muon)(),
)

scheduler = Group[Schedule](
    "scheduler",
    none=conf(Constant)(),
    warmup=conf(Constant)(warmup=0.05),
    cosine=conf(Cosine)(),
    warmup_cosine=conf(Cosine)(warmup=0.05),
    one_cycle=conf(OneCycle)(),
    linear=conf(Trapezoid)(decay=1.0),
    trapezoid=conf(Trapezoid)(warmup=0.05),
    step=conf(PerEpoch)(factory=conf_partial(StepLR)(step_size=3, gamma=0.3)),
    multistep=conf(PerEpoch)(factory=conf_partial(MultiStepLR)(milestones=[5, 8], gamma=0.1)),
    exponential=conf(PerEpoch)(factory=conf_partial(ExponentialLR)(gamma=0.8)),
    plateau=conf(Plateau)(monitor=cfg.monitor, mode=cfg.mode),
)

metrics = Group[Metric](
    "metrics",
    many=True,
    accuracy=conf(MulticlassAccuracy)(num_classes=cfg.datamodule.num_classes, average="micro"),
    f1=conf(MulticlassF1Score)(num_classes=cfg.datamodule.num_classes, average="macro"),
    top5=conf(MulticlassAccuracy)(num_classes=cfg.datamodule.num_classes, average="micro", top_k=5),
    auroc=conf(MulticlassAUROC)(num_classes=cfg.datamodule.num_classes, thresholds=200),
    calibration_error=conf(MulticlassCalibrationError)(num_classes=cfg.datamodule.num_classes),
    binary_accuracy=conf(BinaryAccuracy)(),
    binary_f1=conf(BinaryF1Score)(),
    binary_auroc=conf(BinaryAUROC)(thresholds=200),
    binary_average_precision=conf(BinaryAveragePrecision)(thresholds=200),
    multilabel_accuracy=conf(MultilabelAccuracy)(num_labels=cfg.datamodule.num_classes),
    multilabel_f1=conf(MultilabelF1Score)(num_labels=cfg.datamodule.num_classes),
    multilabel_auroc=conf(MultilabelAUROC)(num_labels=cfg.datamodule.num_classes, thresholds=200),
    multilabel_average_precision=conf(MultilabelAveragePrecision)(
        num_labels=cfg.datamodule.num_classes, thresholds=200
    ),
    mae=conf(MeanAbsoluteError)(),
    mse=conf(MeanSquaredError)(),
    rmse=conf(MeanSquaredError)(squared=False),
    r2=conf(R2Score)(),
)

loop = Group[LightningModule](
    "loop",
    supervised=conf(SupervisedLoop)(
        model=cfg.model, loss=cfg.loss, optimizer=cfg.optimizer, scheduler=cfg.scheduler, metrics=cfg.metrics
    ),
    mixup=conf(SupervisedLoop)(
        model=cfg.model,
        loss=cfg.loss,
        optimizer=cfg.optimizer,
        scheduler=cfg.scheduler,
        metrics=cfg.metrics,
        mix=conf(MixUp)(num_classes=cfg.datamodule.num_classes, alpha=0.2),
    ),
    cutmix=conf(SupervisedLoop)(
        model=cfg.model,
        loss=cfg.loss,
        optimizer=cfg.optimizer,
        scheduler=cfg.scheduler,
        metrics=cfg.metrics,
        mix=conf(CutMix)(num_classes=cfg.datamodule.num_classes, alpha=1.0),
    ),
    regression=conf(RegressionLoop)(
        model=cfg.model,
        loss=cfg.loss,
        optimizer=cfg.optimizer,
        scheduler=cfg.scheduler,
        metrics=cfg.metrics,
        target_mean=cfg.datamodule.target_mean,
        target_std=cfg.datamodule.target_std,
    ),
    autoencoder=conf(AutoencoderLoop)(
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
    fsdp=conf(Trainer)(max_epochs=10, accelerator="auto", devices="auto", num_nodes=num_nodes(), strategy=conf(FSDP)()),
)

logger = Group[Logger](
    "logger",
    many=True,
    tensorboard=conf(TensorBoardLogger)(save_dir=cfg.output_dir),
    csv=conf(CSVLogger)(save_dir=cfg.output_dir),
    wandb=conf(WandbLogger)(save_dir=cfg.output_dir),
    mlflow=conf(MLFlowLogger)(save_dir=cfg.output_dir),
)

callbacks = Group[Callback](
    "callbacks",
    many=True,
    checkpoint=conf(BestAndLast)(dirpath=f"{cfg.output_dir}/checkpoints", monitor=cfg.monitor, mode=cfg.mode),
    early_stopping=conf(EarlyStopping)(monitor=cfg.monitor, mode=cfg.mode, patience=5),
    learning_rate=conf(LearningRate)(logging_interval="step"),
    ema=conf(EMA)(decay=0.999),
    non_finite=conf(NonFinite)(),
    pictures=conf(Pictures)(directory=f"{cfg.output_dir}/pictures"),
    predictions=conf(Predictions)(path=f"{cfg.output_dir}/predictions.csv"),
    progress=conf(Progress)(),
    summary=conf(Summary)(),
)

# Hydra's own group: what runs the jobs of a sweep. One after another, by `basic`, unless another is chosen.
launcher = Group[Launcher](
    "hydra/launcher",
    basic=conf(Basic)(),
    joblib=conf(Joblib)(),
    submitit_local=conf(SubmititLocal)(),
    submitit_slurm=conf(SubmititSlurm)(),
    ray=conf(Ray)(),
)
# And what the jobs are: every point of a grid, unless they are searched for.
sweeper = Group[Sweeper]("hydra/sweeper", grid=conf(Grid)(), optuna=conf(Search)(seed=0))


@root
@dataclass
class Config:
    """One training run.

    Args:
        monitor: the logged value that chooses the best checkpoint.
        mode: whether a larger or a smaller `monitor` is better.
        stages: what is run, in this order.
        ckpt_path: a checkpoint to go on from or, where `stages` has no "fit", to use.
        rerun: the directory of a run that this one repeats, from scratch and in a directory of its own.
        resume: go on where the newest run of this config was cut off; "anyway" also with code that has changed since.
        seed: of the initial weights, the split and the order of the data.
        steps_per_round: training steps between two looks of Lightning's loop at most, with the same results; 1 leaves
            each of them to Lightning.
        compile: compile the model by `torch.compile`: true for its default mode; "reduce-overhead" keeps CUDA graphs,
            "max-autotune" also tries kernels out. The first step takes long.
        channels_last: keep kernels and images in the layout in which GPUs convolve half precision fastest.
        output_dir: where the run writes.
        check: stop before the first stage, when everything has been checked.
        preflight: try the parts out on tensors without memory before the first stage.
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
        "checkpoint", "early_stopping", "learning_rate", "non_finite", "pictures", "predictions", "progress", "summary"
    )
    monitor: str = "val/accuracy"
    mode: Literal["min", "max"] = "max"
    stages: tuple[Stage, ...] = ("fit", "test")
    ckpt_path: str | None = None
    rerun: str | None = None
    resume: bool | Literal["anyway"] = False
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 1590258941
    steps_per_round: Annotated[int, Ge(1)] = 64
    compile: bool | Mode = False
    channels_last: bool = False
    output_dir: str = "${hydra:runtime.output_dir}"
    check: bool = False
    preflight: bool = True


experiment = Presets[Config](
    "experiment",
    beeg=conf(Config)(
        model=conf(BeegYoshiMLP)(
            input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.output_dim, beeg_factor=10
        ),
        optimizer=conf_partial(AdamW)(lr=3e-4),
    ),
    sgd=conf(Config)(optimizer=optimizer["sgd"], scheduler=scheduler["warmup_cosine"]),
    fashion_mnist_93=conf(Config)(
        datamodule=conf(FashionMNIST)(
            augment=conf(nn.Sequential)(conf(RandomCrop)(padding=2), conf(RandomHorizontalFlip)()),
            batch_size=128,
            seed=cfg.seed,
        ),
        model=model["small_cnn"],
        loss=conf(nn.CrossEntropyLoss)(label_smoothing=0.05),
        optimizer=conf_partial(AdamW)(lr=1e-2, weight_decay=0.05),
        scheduler=scheduler["one_cycle"],
        trainer=conf(Trainer)(max_epochs=15, accelerator="auto", devices=1),
        # One cycle ends where it was planned to end.
        callbacks={name: callbacks[name] for name in callbacks.options if name not in {"early_stopping", "ema"}},
    ),
    cifar10_resnet18=conf(Config)(
        datamodule=datamodule["cifar10"],
        model=model["resnet18"],
        loss=loss["label_smoothing"],
        optimizer=conf_partial(SGD)(lr=0.1, weight_decay=5e-4),
        scheduler=scheduler["one_cycle"],
    ),
    attributes=conf(Config)(
        datamodule=datamodule["fashion_attributes"],
        loss=loss["bce"],
        metrics={"multilabel_accuracy": metrics["multilabel_accuracy"], "multilabel_f1": metrics["multilabel_f1"]},
        monitor="val/multilabel_f1",
    ),
    footwear=conf(Config)(
        datamodule=datamodule["footwear"],
        loss=loss["bce"],
        metrics={"binary_accuracy": metrics["binary_accuracy"], "binary_auroc": metrics["binary_auroc"]},
        monitor="val/binary_auroc",
    ),
    rotation=conf(Config)(
        datamodule=datamodule["rotated_fashion_mnist"],
        model=model["small_cnn"],
        loss=loss["mse"],
        metrics={"mae": metrics["mae"], "r2": metrics["r2"]},
        loop=loop["regression"],
        monitor="val/mae",
        mode="min",
    ),
    autoencoder=conf(Config)(
        model=model["conv_autoencoder"],
        loss=loss["mse"],
        metrics={"mae": metrics["mae"], "mse": metrics["mse"]},
        loop=loop["autoencoder"],
        monitor="val/loss",
        mode="min",
    ),
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

search = Spaces[Config](
    "search",
    lr=conf(Config)(optimizer=conf_partial(Adam)(lr=log_uniform(1e-4, 1e-1))),
    batch_size=conf(Config)(datamodule=conf(FashionMNIST)(batch_size=choice(32, 64, 128, 256), seed=cfg.seed)),
    model=conf(Config)(model=choice(model["mlp"], model["beeg_mlp"], model["small_cnn"])),
    epochs=conf(Config)(trainer=conf(Trainer)(max_epochs=integers(2, 20))),
)

if __name__ == "__main__":
    from project.config.catalogue import main

    main()
