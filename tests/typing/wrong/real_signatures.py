"""Signatures of torch, torchvision, torchmetrics and Lightning."""

from datetime import timedelta

from lightning import Trainer
from lightning.pytorch.callbacks import (
    EarlyStopping,
    GradientAccumulationScheduler,
    LearningRateMonitor,
    ModelCheckpoint,
    StochasticWeightAveraging,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import nn
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, MultiStepLR, ReduceLROnPlateau
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score
from torchmetrics.regression import MeanSquaredError
from torchvision.datasets import CIFAR10, MNIST
from torchvision.models import ResNet18_Weights, resnet18
from torchvision.transforms import v2

from project.config import conf, conf_partial

# Right
conf_partial(Adam)(lr=1e-3, betas=(0.9, 0.95), amsgrad=True, fused=None)
conf(nn.CrossEntropyLoss)(label_smoothing=0.1, reduction="sum")
conf(Trainer)(max_epochs=3, precision="bf16-mixed", devices=[0, 1], max_time=timedelta(hours=1))
conf(ModelCheckpoint)(monitor="val/loss", save_top_k=3, every_n_epochs=1)
conf(MulticlassAccuracy)(num_classes=10, average="macro", top_k=2)
conf(v2.Normalize)(mean=[0.5], std=[0.5])
conf(resnet18)(weights=ResNet18_Weights.DEFAULT, progress=False)

# Optimizers
conf_partial(Adam)(learning_rate=1e-3)  # wrong: Adam, misspelt
conf_partial(Adam)(lr="1e-3")  # wrong: Adam, text for the learning rate
conf_partial(Adam)(betas=0.9)  # wrong: Adam, one beta
conf_partial(Adam)(betas=(0.9, 0.95, 0.99))  # wrong: Adam, three betas
conf_partial(Adam)(momentum=0.9)  # wrong: Adam, an argument of SGD
conf_partial(AdamW)(weight_decay=None)  # wrong: AdamW, None for the decay
conf_partial(AdamW)(1e-3, amsgrad="yes")  # wrong: AdamW, text for a flag
conf_partial(SGD)(lr=0.1, nestrov=True)  # wrong: SGD, misspelt
conf_partial(SGD)(lr=0.1, betas=(0.9, 0.99))  # wrong: SGD, an argument of Adam
conf_partial(SGD)(params=[], lr=0.1)  # wrong: SGD, the parameters that the factory waits for
conf_partial(RMSprop)(lr=0.01, alpha=[0.99])  # wrong: RMSprop, a list for alpha
conf(Adam)(lr=1e-3)  # wrong: Adam, whole and without parameters

# Losses
conf(nn.CrossEntropyLoss)(label_smoothing="0.1")  # wrong: CrossEntropyLoss, text for a share
conf(nn.CrossEntropyLoss)(smoothing=0.1)  # wrong: CrossEntropyLoss, misspelt
conf(nn.CrossEntropyLoss)(ignore_index=None)  # wrong: CrossEntropyLoss, None for an index
conf(nn.CrossEntropyLoss)(reduction=True)  # wrong: CrossEntropyLoss, a flag for the reduction
conf(nn.BCEWithLogitsLoss)(pos_weight=2.0)  # wrong: BCEWithLogitsLoss, a number for a tensor
conf(nn.HuberLoss)(delta="1")  # wrong: HuberLoss, text for delta

# Layers
conf(nn.Linear)(in_features=784)  # wrong: Linear, an argument missing
conf(nn.Linear)(784, 10, bias="no")  # wrong: Linear, text for a flag
conf(nn.Conv2d)(1, 8, kernel_size="3")  # wrong: Conv2d, text for the kernel
conf(nn.Conv2d)(1, 8, kernel_size=3, padding_mode=1)  # wrong: Conv2d, a number for the padding's mode
conf(nn.Dropout)(0.1, True, True)  # wrong: Dropout, one argument too many

# Schedulers
conf_partial(CosineAnnealingLR)(t_max=10)  # wrong: CosineAnnealingLR, a small letter
conf_partial(CosineAnnealingLR)(T_max=10.5)  # wrong: CosineAnnealingLR, a float for steps
conf_partial(ExponentialLR)()  # wrong: ExponentialLR, an argument missing
conf_partial(MultiStepLR)(milestones=10)  # wrong: MultiStepLR, one milestone outside a list
conf_partial(LinearLR)(total_iter=5)  # wrong: LinearLR, misspelt
conf_partial(ReduceLROnPlateau)(mode="minimum")  # wrong: ReduceLROnPlateau, no such mode

# Trainer
conf(Trainer)(max_epoch=3)  # wrong: Trainer, misspelt
conf(Trainer)(max_epochs="3")  # wrong: Trainer, text for epochs
conf(Trainer)(max_epochs=3.5)  # wrong: Trainer, half an epoch
conf(Trainer)(3)  # wrong: Trainer, a keyword by position
conf(Trainer)(precision="bf61-mixed")  # wrong: Trainer, no such precision
conf(Trainer)(accelerator=0)  # wrong: Trainer, a number for the accelerator
conf(Trainer)(gpus=1)  # wrong: Trainer, an argument of long ago
conf(Trainer)(max_time=3600)  # wrong: Trainer, seconds for a time
conf(Trainer)(gradient_clip_algorithm=1.0, gradient_clip_val="norm")  # wrong: Trainer, two values swapped
conf(Trainer)(devices={"count": 1})  # wrong: Trainer, a dict for devices
conf(Trainer)(fast_dev_run="yes")  # wrong: Trainer, text for a flag

# Callbacks
conf(ModelCheckpoint)(monitor="val/loss", mod="min")  # wrong: ModelCheckpoint, misspelt
conf(ModelCheckpoint)(save_top_k="3")  # wrong: ModelCheckpoint, text for a number
conf(ModelCheckpoint)(save_last="linc")  # wrong: ModelCheckpoint, no such way to save the last
conf(ModelCheckpoint)(train_time_interval=60)  # wrong: ModelCheckpoint, seconds for a time
conf(EarlyStopping)(patience=5)  # wrong: EarlyStopping, the monitor missing
conf(EarlyStopping)("val/loss", patience="5")  # wrong: EarlyStopping, text for a number
conf(EarlyStopping)("val/loss", "0.1")  # wrong: EarlyStopping, text by position
conf(LearningRateMonitor)(logging_interval="batch")  # wrong: LearningRateMonitor, no such interval
conf(StochasticWeightAveraging)()  # wrong: StochasticWeightAveraging, an argument missing
conf(GradientAccumulationScheduler)(scheduling=[1, 2])  # wrong: GradientAccumulationScheduler, a list for a dict
conf(GradientAccumulationScheduler)({"4": 2})  # wrong: GradientAccumulationScheduler, text for an epoch
conf(TQDMProgressBar)(refresh="fast")  # wrong: TQDMProgressBar, misspelt

# Loggers
conf(CSVLogger)()  # wrong: CSVLogger, an argument missing
conf(CSVLogger)("logs", flush_logs_every_n_steps="all")  # wrong: CSVLogger, text for a number
conf(TensorBoardLogger)(name="run")  # wrong: TensorBoardLogger, an argument missing
conf(TensorBoardLogger)("logs", log_graph="yes")  # wrong: TensorBoardLogger, text for a flag
conf(TensorBoardLogger)("logs", version=1.5)  # wrong: TensorBoardLogger, a float for the version

# Metrics
conf(MulticlassAccuracy)(num_classes="10")  # wrong: MulticlassAccuracy, text for a number
conf(MulticlassAccuracy)(num_classes=10, average="mikro")  # wrong: MulticlassAccuracy, no such average
conf(MulticlassF1Score)(average="macro")  # wrong: MulticlassF1Score, an argument missing
conf(MulticlassF1Score)(10, top_k=None)  # wrong: MulticlassF1Score, None for a number
conf(MeanSquaredError)(squared="no")  # wrong: MeanSquaredError, text for a flag

# torchvision
conf(v2.Normalize)(mean=[0.5])  # wrong: Normalize, an argument missing
conf(v2.Normalize)(mean=0.5, std=[0.5])  # wrong: Normalize, a number for a list
conf(v2.RandomHorizontalFlip)(p="0.5")  # wrong: RandomHorizontalFlip, text for a share
conf(v2.RandomCrop)(size=32, pad=4)  # wrong: RandomCrop, misspelt
conf(v2.Resize)(antialias=True)  # wrong: Resize, an argument missing
conf(v2.ToDtype)("float32")  # wrong: ToDtype, text for a dtype
conf(CIFAR10)(train=True)  # wrong: CIFAR10, an argument missing
conf(MNIST)(root="data", train="yes")  # wrong: MNIST, text for a flag
conf(MNIST)("data", downlod=True)  # wrong: MNIST, misspelt
