"""Entries of torch, torchvision, torchmetrics and Lightning, as one would write them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from lightning.pytorch.callbacks import (
    EarlyStopping,
    GradientAccumulationScheduler,
    LearningRateMonitor,
    ModelCheckpoint,
    ModelSummary,
    RichProgressBar,
    StochasticWeightAveraging,
    Timer,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.profilers import SimpleProfiler
from torch import nn
from torch.optim import LBFGS, SGD, Adagrad, Adam, AdamW, NAdam, RMSprop
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from torch.utils.data import DataLoader
from torchmetrics import MeanMetric
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassCalibrationError,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
)
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError
from torchvision.datasets import FakeData, ImageFolder
from torchvision.models import ResNet18_Weights, resnet18, squeezenet1_1
from torchvision.transforms import InterpolationMode, v2

from configs import cfg
from project.config import conf, conf_partial
from project.datamodule import MNIST, FashionMNIST
from project.loop import SupervisedLoop
from project.model import MLP, BeegYoshiMLP
from project.scheduler import Constant, Cosine, OneCycle, PerEpoch

# The project's own
mlp = conf(MLP)(784, 10)
mlp_by_name = conf(MLP)(input_dim=784, output_dim=10, hidden_dim=64, num_layers=2, dropout=0.1)
mlp_of_the_data = conf(MLP)(cfg.datamodule.input_dim, cfg.datamodule.num_classes)
beeg_mlp = conf(BeegYoshiMLP)(784, 10, beeg_factor=2)
fashion_mnist = conf(FashionMNIST)("elsewhere", source="bundled", batch_size=32, val_size=100)
mnist = conf(MNIST)(data_dir=Path("data"), val_size=None, seed=cfg.seed)
constant = conf(Constant)()
cosine = conf(Cosine)(warmup=0.05, final=0.01)
one_cycle = conf(OneCycle)(pct_start=0.4, cycle_momentum=False)
per_epoch = conf(PerEpoch)(factory=conf_partial(StepLR)(step_size=10, gamma=0.5))
loop = conf(SupervisedLoop)(
    model=conf(MLP)(784, 10),
    loss=conf(nn.CrossEntropyLoss)(label_smoothing=0.1),
    optimizer=conf_partial(AdamW)(lr=3e-4),
    scheduler=conf(PerEpoch)(conf_partial(CosineAnnealingLR)(T_max=10)),
    metrics={"accuracy": conf(MulticlassAccuracy)(10), "f1": conf(MulticlassF1Score)(10)},
)
loop_of_refs = conf(SupervisedLoop)(cfg.model, cfg.loss, cfg.optimizer, cfg.scheduler, cfg.metrics)

# Layers and models
linear = conf(nn.Linear)(784, 10, bias=False, dtype=torch.float64)
convolution = conf(nn.Conv2d)(1, 8, kernel_size=(3, 5), padding="same")
normalisation = conf(nn.BatchNorm2d)(8, momentum=None)
layer_norm = conf(nn.LayerNorm)([8, 28, 28])
transformer_layer = conf(nn.TransformerEncoderLayer)(d_model=16, nhead=2, batch_first=True, activation="gelu")
sequential = conf(nn.Sequential)(conf(nn.Flatten)(), conf(nn.Linear)(784, 64), conf(nn.ReLU)(), conf(nn.Linear)(64, 10))
modules = conf(nn.ModuleList)([conf(nn.Linear)(8, 8), conf(nn.Linear)(8, 4)])
resnet = conf(resnet18)(num_classes=10)
resnet_from_weights = conf(resnet18)(weights=ResNet18_Weights.DEFAULT, progress=False)
squeezenet = conf(squeezenet1_1)(num_classes=10, dropout=0.2)

# Losses
cross_entropy = conf(nn.CrossEntropyLoss)(label_smoothing=0.1, ignore_index=-1)
binary = conf(nn.BCEWithLogitsLoss)(reduction="sum")
huber = conf(nn.HuberLoss)(delta=0.5)
squared = conf(nn.MSELoss)()

# Optimizers
adam = conf_partial(Adam)(lr=1e-3, betas=(0.9, 0.95), eps=1e-7, amsgrad=True)
adam_by_position = conf_partial(Adam)(1e-3)
adam_of_defaults = conf_partial(Adam)()
adamw = conf_partial(AdamW)(lr=3e-4, weight_decay=0.05, fused=None)
sgd = conf_partial(SGD)(lr=0.1, momentum=0.9, nesterov=True)
rmsprop = conf_partial(RMSprop)(lr=0.01, alpha=0.95, centered=True)
adagrad = conf_partial(Adagrad)(lr=0.01, lr_decay=0.1)
nadam = conf_partial(NAdam)(decoupled_weight_decay=True)
lbfgs = conf_partial(LBFGS)(max_iter=10, line_search_fn="strong_wolfe")

# Schedulers
step = conf_partial(StepLR)(step_size=10)
milestones = conf_partial(MultiStepLR)(milestones=[30, 80], gamma=0.1)
exponential = conf_partial(ExponentialLR)(0.99)
annealing = conf_partial(CosineAnnealingLR)(T_max=10, eta_min=1e-6)
restarts = conf_partial(CosineAnnealingWarmRestarts)(T_0=5, T_mult=2)
linear_rise = conf_partial(LinearLR)(start_factor=0.1, total_iters=5)
polynomial = conf_partial(PolynomialLR)(total_iters=100, power=2.0)

# Metrics
accuracy = conf(MulticlassAccuracy)(num_classes=10, average="micro", top_k=2)
accuracy_of_the_data = conf(MulticlassAccuracy)(num_classes=cfg.datamodule.num_classes)
f1 = conf(MulticlassF1Score)(10, average=None, ignore_index=0)
auroc = conf(MulticlassAUROC)(num_classes=10, thresholds=100)
calibration = conf(MulticlassCalibrationError)(num_classes=10, n_bins=10, norm="l2")
confusion = conf(MulticlassConfusionMatrix)(num_classes=10, normalize="true")
mean_squared = conf(MeanSquaredError)(squared=False)
mean_absolute = conf(MeanAbsoluteError)(sync_on_compute=False)
mean = conf(MeanMetric)(nan_strategy="disable")

# Lightning
trainer = conf(Trainer)(max_epochs=3, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False)
trainer_of_parts = conf(Trainer)(
    accelerator="cpu",
    precision="bf16-mixed",
    max_time=timedelta(hours=1),
    gradient_clip_val=1.0,
    callbacks=[conf(EarlyStopping)("val/loss"), conf(ModelCheckpoint)(monitor="val/loss")],
    logger=[conf(CSVLogger)("logs", name="run"), conf(CSVLogger)("logs", name="copy")],
    profiler=conf(SimpleProfiler)(filename="profile"),
)
fast_trainer = conf(Trainer)(fast_dev_run=True, accelerator="cpu", limit_val_batches=0.5, log_every_n_steps=None)
checkpoint = conf(ModelCheckpoint)(dirpath=Path("checkpoints"), monitor="val/accuracy", mode="max", save_last="link")
checkpoint_of_the_run = conf(ModelCheckpoint)(dirpath=f"{cfg.output_dir}/checkpoints", monitor=cfg.monitor)
timed_checkpoint = conf(ModelCheckpoint)(train_time_interval=timedelta(minutes=10))
early_stopping = conf(EarlyStopping)("val/loss", min_delta=0.01, patience=3, check_finite=True)
learning_rate = conf(LearningRateMonitor)(logging_interval="epoch", log_momentum=True)
averaging = conf(StochasticWeightAveraging)(swa_lrs=[1e-3], swa_epoch_start=0.8)
accumulation = conf(GradientAccumulationScheduler)(scheduling={0: 8, 4: 4, 8: 1})
timer = conf(Timer)(duration=timedelta(hours=1), interval="epoch")
summary = conf(ModelSummary)(max_depth=-1)
progress = conf(TQDMProgressBar)(refresh_rate=50, leave=True)
rich_progress = conf(RichProgressBar)(refresh_rate=10)
csv = conf(CSVLogger)(save_dir="logs", flush_logs_every_n_steps=10)
tensorboard = conf(TensorBoardLogger)(save_dir=Path("logs"), version=3, default_hp_metric=False)

# Data
crop = conf(v2.RandomCrop)(32, padding=4)
flip = conf(v2.RandomHorizontalFlip)(p=0.5)
resize = conf(v2.Resize)(size=[28, 28], interpolation=InterpolationMode.BICUBIC, antialias=True)
transforms = conf(v2.Compose)(
    [conf(v2.ToImage)(), conf(v2.ToDtype)(torch.float32, scale=True), conf(v2.Normalize)(mean=[0.5], std=[0.5])]
)
fake_data = conf(FakeData)(size=10, image_size=(3, 8, 8), num_classes=4, transform=conf(v2.ToImage)())
folder = conf_partial(ImageFolder)(transform=conf(v2.Compose)([conf(v2.ToImage)()]))
loader = conf(DataLoader[Any])(conf(FakeData)(size=10, image_size=(3, 8, 8)), batch_size=2, shuffle=True)
