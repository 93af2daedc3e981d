"""Each group given a component of each other kind, in whatever pairs a checker can tell apart.

An `nn.Module` is statically a `Callable[..., Any]`, and losses, metrics and loops are `nn.Module`s: the ten pairs that
are not here are told by `test_walls.py`.
"""

from collections.abc import Callable, Iterable

from lightning import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import CSVLogger, Logger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import StepLR
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from project.config import Group, conf, conf_partial
from project.datamodule import FashionMNIST, ImageDataModule
from project.loop import SupervisedLoop
from project.model import MLP
from project.scheduler import Cosine, PerEpoch, Schedule

Loss = Callable[[Tensor, Tensor], Tensor]
OptimizerFactory = Callable[[Iterable[Parameter]], Optimizer]

datamodule = conf(FashionMNIST)()
model = conf(MLP)(784, 10)
loss = conf(nn.CrossEntropyLoss)()
optimizer = conf_partial(Adam)(lr=1e-3)
scheduler = conf(Cosine)()
metric = conf(MulticlassAccuracy)(num_classes=10)
loop = conf(SupervisedLoop)(model, loss, optimizer, scheduler, {"accuracy": metric})
trainer = conf(Trainer)()
logger = conf(CSVLogger)("logs")
callback = conf(EarlyStopping)("val/loss")

Group[ImageDataModule]("datamodule", right=datamodule)
Group[ImageDataModule]("datamodule", wrong=model)  # wrong: a model for a datamodule
Group[ImageDataModule]("datamodule", wrong=loss)  # wrong: a loss for a datamodule
Group[ImageDataModule]("datamodule", wrong=optimizer)  # wrong: an optimizer for a datamodule
Group[ImageDataModule]("datamodule", wrong=scheduler)  # wrong: a scheduler for a datamodule
Group[ImageDataModule]("datamodule", wrong=metric)  # wrong: a metric for a datamodule
Group[ImageDataModule]("datamodule", wrong=loop)  # wrong: a loop for a datamodule
Group[ImageDataModule]("datamodule", wrong=trainer)  # wrong: a trainer for a datamodule
Group[ImageDataModule]("datamodule", wrong=logger)  # wrong: a logger for a datamodule
Group[ImageDataModule]("datamodule", wrong=callback)  # wrong: a callback for a datamodule

Group[nn.Module]("model", right=model)
Group[nn.Module]("model", wrong=datamodule)  # wrong: a datamodule for a model
Group[nn.Module]("model", wrong=optimizer)  # wrong: an optimizer for a model
Group[nn.Module]("model", wrong=scheduler)  # wrong: a scheduler for a model
Group[nn.Module]("model", wrong=trainer)  # wrong: a trainer for a model
Group[nn.Module]("model", wrong=logger)  # wrong: a logger for a model
Group[nn.Module]("model", wrong=callback)  # wrong: a callback for a model

Group[Loss]("loss", right=loss)
Group[Loss]("loss", wrong=datamodule)  # wrong: a datamodule for a loss
Group[Loss]("loss", wrong=optimizer)  # wrong: an optimizer for a loss
Group[Loss]("loss", wrong=scheduler)  # wrong: a scheduler for a loss
Group[Loss]("loss", wrong=trainer)  # wrong: a trainer for a loss
Group[Loss]("loss", wrong=logger)  # wrong: a logger for a loss
Group[Loss]("loss", wrong=callback)  # wrong: a callback for a loss

Group[OptimizerFactory]("optimizer", right=optimizer)
Group[OptimizerFactory]("optimizer", wrong=datamodule)  # wrong: a datamodule for an optimizer
Group[OptimizerFactory]("optimizer", wrong=scheduler)  # wrong: a scheduler for an optimizer
Group[OptimizerFactory]("optimizer", wrong=trainer)  # wrong: a trainer for an optimizer
Group[OptimizerFactory]("optimizer", wrong=logger)  # wrong: a logger for an optimizer
Group[OptimizerFactory]("optimizer", wrong=callback)  # wrong: a callback for an optimizer

Group[Schedule]("scheduler", right=scheduler)
Group[Schedule]("scheduler", wrong=datamodule)  # wrong: a datamodule for a scheduler
Group[Schedule]("scheduler", wrong=model)  # wrong: a model for a scheduler
Group[Schedule]("scheduler", wrong=loss)  # wrong: a loss for a scheduler
Group[Schedule]("scheduler", wrong=optimizer)  # wrong: an optimizer for a scheduler
Group[Schedule]("scheduler", wrong=metric)  # wrong: a metric for a scheduler
Group[Schedule]("scheduler", wrong=loop)  # wrong: a loop for a scheduler
Group[Schedule]("scheduler", wrong=trainer)  # wrong: a trainer for a scheduler
Group[Schedule]("scheduler", wrong=logger)  # wrong: a logger for a scheduler
Group[Schedule]("scheduler", wrong=callback)  # wrong: a callback for a scheduler

Group[Metric]("metrics", many=True, right=metric)
Group[Metric]("metrics", many=True, wrong=datamodule)  # wrong: a datamodule for a metric
Group[Metric]("metrics", many=True, wrong=model)  # wrong: a model for a metric
Group[Metric]("metrics", many=True, wrong=loss)  # wrong: a loss for a metric
Group[Metric]("metrics", many=True, wrong=optimizer)  # wrong: an optimizer for a metric
Group[Metric]("metrics", many=True, wrong=scheduler)  # wrong: a scheduler for a metric
Group[Metric]("metrics", many=True, wrong=loop)  # wrong: a loop for a metric
Group[Metric]("metrics", many=True, wrong=trainer)  # wrong: a trainer for a metric
Group[Metric]("metrics", many=True, wrong=logger)  # wrong: a logger for a metric
Group[Metric]("metrics", many=True, wrong=callback)  # wrong: a callback for a metric

Group[LightningModule]("loop", right=loop)
Group[LightningModule]("loop", wrong=datamodule)  # wrong: a datamodule for a loop
Group[LightningModule]("loop", wrong=model)  # wrong: a model for a loop
Group[LightningModule]("loop", wrong=loss)  # wrong: a loss for a loop
Group[LightningModule]("loop", wrong=optimizer)  # wrong: an optimizer for a loop
Group[LightningModule]("loop", wrong=scheduler)  # wrong: a scheduler for a loop
Group[LightningModule]("loop", wrong=metric)  # wrong: a metric for a loop
Group[LightningModule]("loop", wrong=trainer)  # wrong: a trainer for a loop
Group[LightningModule]("loop", wrong=logger)  # wrong: a logger for a loop
Group[LightningModule]("loop", wrong=callback)  # wrong: a callback for a loop

Group[Trainer]("trainer", right=trainer)
Group[Trainer]("trainer", wrong=datamodule)  # wrong: a datamodule for a trainer
Group[Trainer]("trainer", wrong=model)  # wrong: a model for a trainer
Group[Trainer]("trainer", wrong=loss)  # wrong: a loss for a trainer
Group[Trainer]("trainer", wrong=optimizer)  # wrong: an optimizer for a trainer
Group[Trainer]("trainer", wrong=scheduler)  # wrong: a scheduler for a trainer
Group[Trainer]("trainer", wrong=metric)  # wrong: a metric for a trainer
Group[Trainer]("trainer", wrong=loop)  # wrong: a loop for a trainer
Group[Trainer]("trainer", wrong=logger)  # wrong: a logger for a trainer
Group[Trainer]("trainer", wrong=callback)  # wrong: a callback for a trainer

Group[Logger]("logger", many=True, right=logger)
Group[Logger]("logger", many=True, wrong=datamodule)  # wrong: a datamodule for a logger
Group[Logger]("logger", many=True, wrong=model)  # wrong: a model for a logger
Group[Logger]("logger", many=True, wrong=loss)  # wrong: a loss for a logger
Group[Logger]("logger", many=True, wrong=optimizer)  # wrong: an optimizer for a logger
Group[Logger]("logger", many=True, wrong=scheduler)  # wrong: a scheduler for a logger
Group[Logger]("logger", many=True, wrong=metric)  # wrong: a metric for a logger
Group[Logger]("logger", many=True, wrong=loop)  # wrong: a loop for a logger
Group[Logger]("logger", many=True, wrong=trainer)  # wrong: a trainer for a logger
Group[Logger]("logger", many=True, wrong=callback)  # wrong: a callback for a logger

Group[Callback]("callbacks", many=True, right=callback)
Group[Callback]("callbacks", many=True, wrong=datamodule)  # wrong: a datamodule for a callback
Group[Callback]("callbacks", many=True, wrong=model)  # wrong: a model for a callback
Group[Callback]("callbacks", many=True, wrong=loss)  # wrong: a loss for a callback
Group[Callback]("callbacks", many=True, wrong=optimizer)  # wrong: an optimizer for a callback
Group[Callback]("callbacks", many=True, wrong=scheduler)  # wrong: a scheduler for a callback
Group[Callback]("callbacks", many=True, wrong=metric)  # wrong: a metric for a callback
Group[Callback]("callbacks", many=True, wrong=loop)  # wrong: a loop for a callback
Group[Callback]("callbacks", many=True, wrong=trainer)  # wrong: a trainer for a callback
Group[Callback]("callbacks", many=True, wrong=logger)  # wrong: a logger for a callback

# Factories and wholes, one for the other
Group[OptimizerFactory]("optimizer", wrong=conf(Adam)([]))  # wrong: a whole optimizer for a factory
Group[OptimizerFactory]("optimizer", wrong=conf_partial(StepLR)(step_size=1))  # wrong: a factory of schedulers
Group[nn.Module]("model", wrong=conf_partial(MLP)(10))  # wrong: a factory of models for a model
Group[Trainer]("trainer", wrong=conf_partial(Trainer)())  # wrong: a factory of trainers for a trainer
Group[Callback]("callbacks", many=True, wrong=conf_partial(EarlyStopping)())  # wrong: a factory of callbacks
Group[Metric]("metrics", many=True, wrong=conf_partial(MulticlassAccuracy)())  # wrong: a factory of metrics
Group[Schedule]("scheduler", wrong=conf_partial(StepLR)(step_size=1))  # wrong: a scheduler without PerEpoch
Group[Schedule]("scheduler", right=conf(PerEpoch)(factory=conf_partial(StepLR)(step_size=1)))

# Not a config
Group[nn.Module]("model", wrong=MLP)  # wrong: a class for a model
Group[ImageDataModule]("datamodule", wrong=FashionMNIST)  # wrong: a class for a datamodule
Group[Trainer]("trainer", wrong=Trainer)  # wrong: a class for a trainer
Group[OptimizerFactory]("optimizer", wrong=Trainer)  # wrong: a class of something else for an optimizer
Group[nn.Module]("model", wrong=conf(MLP))  # wrong: arguments forgotten after conf
Group[OptimizerFactory]("optimizer", wrong=conf_partial(Cosine)())  # wrong: a factory of something else
Group[nn.Module]("model", wrong="mlp")  # wrong: a name for a model
Group[nn.Module]("model", wrong=None)  # wrong: nothing for a model
Group[Metric]("metrics", many=True, wrong=[metric])  # wrong: a list for a metric
Group[ImageDataModule]("datamodule", wrong=conf(LightningDataModule)())  # wrong: a datamodule of no images

# The group itself
Group[nn.Module](mlp=model)  # wrong: a group without a name
Group[nn.Module]("model", True, mlp=model)  # wrong: many by position
Group[nn.Module]("model", many=1, mlp=model)  # wrong: a number for many
Group[nn.Module](784, mlp=model)  # wrong: a number for the name of a group
