"""The root config and its presets: fields misspelt, of a wrong type and of a wrong kind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import SGD, Adam, Optimizer

import configs
from configs import Config
from project.config import Presets, conf, conf_partial, root
from project.datamodule import FashionMNIST, ImageDataModule
from project.model import MLP
from project.scheduler import Cosine, Schedule


@root
@dataclass
class Right:
    """Every slot as its group has it."""

    datamodule: ImageDataModule = configs.datamodule.default("mnist")
    model: nn.Module = configs.model.default("mlp")
    optimizer: Callable[[Iterable[Parameter]], Optimizer] = configs.optimizer.default("adam")
    callbacks: dict[str, Callback] = configs.callbacks.defaults("checkpoint")
    seed: int = 1


@root
@dataclass
class Wrong:
    """Slots whose annotation disagrees with the kind of their group, and values that disagree with theirs."""

    datamodule: nn.Module = configs.datamodule.default("mnist")  # wrong: a datamodule in a slot of models
    model: MLP = configs.model.default("mlp")  # wrong: a slot narrower than its group
    loss: Callable[[Tensor], Tensor] = configs.optimizer.default("adam")  # wrong: an optimizer in a slot of losses
    optimizer: Optimizer = configs.optimizer.default("adam")  # wrong: a factory in a slot of wholes
    scheduler: Schedule = configs.model.default("mlp")  # wrong: the default of another group
    loop: Trainer = configs.loop.default("supervised")  # wrong: a loop in a slot of trainers
    trainer: LightningModule = configs.trainer.default("cpu")  # wrong: a trainer in a slot of loops
    logger: dict[str, Callback] = configs.logger.defaults("csv")  # wrong: loggers in a slot of callbacks
    callbacks: list[Callback] = configs.callbacks.defaults("checkpoint")  # wrong: a list of what comes by name
    metrics: dict[str, nn.Linear] = configs.metrics.defaults("f1")  # wrong: metrics in a slot of layers
    progress: Callback = configs.callbacks.defaults("progress")  # wrong: many in a slot of one
    more: dict[str, Callback] = configs.callbacks.default("progress")  # wrong: one in a slot of many
    seed: int = "1"  # wrong: text for a seed
    monitor: str = configs.cfg.seed  # wrong: a reference to another type
    width: int = None  # wrong: None for a width
    depth: int = configs.model["mlp"]  # wrong: a component for a depth


# The use of groups
configs.model.default()  # wrong: a default without a name
configs.model.default("mlp", "beeg_mlp")  # wrong: two defaults of one slot
configs.model.default(0)  # wrong: a default by number
configs.model.defualt("mlp")  # wrong: a misspelt method
configs.callbacks.defaults(["checkpoint", "progress"])  # wrong: defaults in a list
model_by_number = configs.model[0]  # wrong: an option by number
model_as_mlp: MLP = configs.model["mlp"]  # wrong: an option taken to be narrower than its group
model_as_trainer: Trainer = configs.model["mlp"]  # wrong: an option taken to be of another kind

# Presets
Presets[Config]("experiment", right=conf(Config)(model=conf(MLP)(784, 10), seed=1))
Presets[Config]("experiment", wrong=conf(Config)(modell=conf(MLP)(784, 10)))  # wrong: a misspelt slot
Presets[Config]("experiment", wrong=conf(Config)(sed=1))  # wrong: a misspelt value
Presets[Config]("experiment", wrong=conf(Config)(seed="1"))  # wrong: text for the seed of a preset
Presets[Config]("experiment", wrong=conf(Config)(monitor=1))  # wrong: a number for the text of a preset
Presets[Config]("experiment", wrong=conf(Config)(model=configs.trainer["cpu"]))  # wrong: an option of another group
Presets[Config]("experiment", wrong=conf(Config)(model=MLP))  # wrong: a class in a preset
Presets[Config]("experiment", wrong=conf(Config)(model="mlp"))  # wrong: the name of an option in a preset
Presets[Config]("experiment", wrong=conf(Config)(optimizer=conf(Cosine)()))  # wrong: a schedule for the optimizer
Presets[Config]("experiment", wrong=conf(Config)(optimizer=conf(Adam)([])))  # wrong: a whole optimizer in a preset
Presets[Config]("experiment", wrong=conf(Config)(optimizer=conf_partial(SGD)(lr="1")))  # wrong: a wrong type inside
Presets[Config]("experiment", wrong=conf(Config)(datamodule=conf(MLP)(1, 2)))  # wrong: a model for the datamodule
Presets[Config]("experiment", wrong=conf(Config)(callbacks=configs.callbacks["progress"]))  # wrong: one for many
Presets[Config]("experiment", wrong=conf(Config)(callbacks=[configs.callbacks["progress"]]))  # wrong: a list for many
Presets[Config]("experiment", wrong=conf(Config)(metrics={"accuracy": configs.model["mlp"]}))  # wrong: one model among
Presets[Config]("experiment", wrong=conf(FashionMNIST)(seed=1))  # wrong: a preset of another class
Presets[Config]("experiment", wrong=conf(Right)(seed=1))  # wrong: a preset of another root
Presets[Config]("experiment", wrong=Config)  # wrong: the root itself as a preset
Presets[Config]("experiment", wrong={"seed": 1})  # wrong: a dict as a preset
Presets[Config]("experiment", wrong=conf_partial(Config)(seed=1))  # wrong: a factory of the root as a preset
Presets[Config](big=conf(Config)(seed=1))  # wrong: presets without a name
