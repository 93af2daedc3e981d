"""What a checker takes each expression to be."""

from collections.abc import Callable, Iterable
from typing import assert_type

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import Logger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import StepLR
from torch.optim.optimizer import ParamsT
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

import configs
from configs import Config, cfg
from project.config import Group, Presets, build, check, conf, conf_partial
from project.datamodule import FashionMNIST, ImageDataModule
from project.model import MLP
from project.scheduler import Schedule

OptimizerFactory = Callable[[Iterable[Parameter]], Optimizer]


def a_config_is_what_it_builds() -> None:
    """`conf`, of classes and of functions."""
    assert_type(conf(MLP)(784, 10), MLP)
    assert_type(conf(FashionMNIST)(), FashionMNIST)
    assert_type(conf(nn.Linear)(784, 10), nn.Linear)
    assert_type(conf(Trainer)(), Trainer)
    assert_type(conf(MulticlassAccuracy)(10), MulticlassAccuracy)
    assert_type(conf(_made)(1), "list[float]")
    assert_type(conf(Config)(seed=1), Config)


def a_partial_config_is_a_factory() -> None:
    """`conf_partial`, and the optimizer group's kind."""
    assert_type(conf_partial(Adam)(lr=1e-3), Callable[[ParamsT], Adam])
    assert_type(conf_partial(SGD)(), Callable[[ParamsT], SGD])
    assert_type(conf_partial(StepLR)(step_size=1), Callable[[Optimizer], StepLR])
    assert_type(conf_partial(MLP)(10), Callable[[int], MLP])
    assert_type(conf_partial(_made)(), "Callable[[int], list[float]]")
    assert_type(_made_by(conf_partial(Adam)(lr=1e-3)), Optimizer)


def a_reference_is_what_it_refers_to() -> None:
    """`refs`, from a component's parameters to its facts."""
    assert_type(cfg.datamodule, ImageDataModule)
    assert_type(cfg.datamodule.num_classes, int)
    assert_type(cfg.datamodule.batch_size, int)
    assert_type(cfg.datamodule.classes, tuple[str, ...])
    assert_type(cfg.datamodule.val_size, int | None)
    assert_type(cfg.model, nn.Module)
    assert_type(cfg.optimizer, OptimizerFactory)
    assert_type(cfg.metrics, dict[str, Metric])
    assert_type(cfg.seed, int)
    assert_type(f"{cfg.output_dir}/checkpoints", str)


def an_option_is_of_the_kind_of_its_group() -> None:
    """`Group`, with one option or many."""
    assert_type(configs.model, Group[nn.Module])
    assert_type(configs.model["mlp"], nn.Module)
    assert_type(configs.model.default("mlp"), nn.Module)
    assert_type(configs.optimizer["adam"], OptimizerFactory)
    assert_type(configs.loss.default("cross_entropy"), Callable[[Tensor, Tensor], Tensor])
    assert_type(configs.scheduler["none"], Schedule)
    assert_type(configs.callbacks["progress"], Callback)
    assert_type(configs.callbacks.defaults("progress", "checkpoint"), dict[str, Callback])
    assert_type(configs.metrics.defaults(), dict[str, Metric])
    assert_type(configs.experiment, Presets[Config])


def a_built_config_is_what_it_says(config: Config) -> None:
    """`build` and the root, as `train.py` uses them."""
    check(config)
    assert_type(build(config.model), nn.Module)
    assert_type(build(config.datamodule), ImageDataModule)
    assert_type(build(config.loop), LightningModule)
    assert_type(build(config.trainer, callbacks=[], logger=[]), Trainer)
    assert_type(build(config.callbacks), dict[str, Callback])
    assert_type(build(config.logger), dict[str, Logger])
    assert_type(build(config.optimizer)([]), Optimizer)
    assert_type(build(conf(MLP)(784, 10)), MLP)
    assert_type(build(conf(MLP)(784, 10)).layers, nn.Sequential)
    assert_type(config.seed, int)
    assert_type(config.model, nn.Module)


def _made(length: int, value: float = 0.0) -> list[float]:
    return [value] * length


def _made_by(factory: OptimizerFactory) -> Optimizer:
    return factory([])
