"""Spaces to be searched: at misspelt paths, of the wrong type, and of things that are of different kinds."""

from torch import nn
from torch.optim import SGD, Adam

import configs
from configs import Config
from project.config import Spaces, choice, conf, conf_partial, integers, log_uniform, uniform
from project.config.search import Search
from project.datamodule import FashionMNIST
from project.model import MLP

RATE = log_uniform(1e-4, 1e-1)
RIGHT = conf(Config)(optimizer=conf_partial(Adam)(lr=RATE), model=choice(configs.model["mlp"], configs.model["vit"]))
Spaces[Config]("search", right=RIGHT)
Spaces[Config]("search", wrong=conf(Config)(optimzer=conf_partial(Adam)(lr=RATE)))  # wrong: a misspelt slot
Spaces[Config]("search", wrong=conf(Config)(optimizer=conf_partial(Adam)(lrr=RATE)))  # wrong: a misspelt argument
Spaces[Config]("search", wrong=conf(Config)(optimizer=conf_partial(SGD)(nesterov=RATE)))  # wrong: a number for a flag
Spaces[Config]("search", wrong=conf(Config)(datamodule=conf(FashionMNIST)(batch_size=RATE)))  # wrong: no whole number
Spaces[Config]("search", wrong=conf(Config)(model=conf(MLP)(1, 1, hidden_dim=uniform(8, 64))))  # wrong: a fraction
Spaces[Config]("search", wrong=conf(Config)(seed=choice(1, "2")))  # wrong: text among numbers
Spaces[Config]("search", wrong=conf(Config)(mode=choice("min", "maximum")))  # wrong: a choice that there is not
Spaces[Config]("search", wrong=conf(Config)(model=RATE))  # wrong: a number for a component
Spaces[Config]("search", wrong=conf(Config)(model=choice("mlp", "vit")))  # wrong: names for components
Spaces[Config]("search", wrong=conf(Config)(loop=choice(configs.loop["mixup"], configs.model["mlp"])))  # wrong: a model
Spaces[Config]("search", wrong=conf(Config)(optimizer=choice(conf_partial(Adam)(), conf(Adam)([]))))  # wrong: a whole
Spaces[Config]("search", wrong=RATE)  # wrong: a space for a config
Spaces[Config]("search", tune=True, wrong=RIGHT)  # wrong: the setting of presets
Spaces[Config](wrong=RIGHT)  # wrong: spaces without a name
Spaces[MLP]("search", wrong=RIGHT)  # wrong: spaces of another class

log_uniform("1e-4", 1e-1)  # wrong: text for a bound
log_uniform(1e-4)  # wrong: one bound
uniform(0, 1, log=True)  # wrong: a scale by flag
integers(1, 2.5)  # wrong: a fraction for a whole bound
integers(1, 9, 2)  # wrong: a step by position
learning_rate: int = uniform(0, 1)  # wrong: a fraction taken to be whole
layer: nn.Linear = choice(configs.model["mlp"], configs.model["vit"])  # wrong: a choice narrower than its options

# The sweeper
conf(Search)(pruner="medium")  # wrong: a pruner that there is not
conf(Search)(objectives={"val/accuracy": "highest"})  # wrong: a direction that there is not
conf(Search)(objectives=["val/accuracy"])  # wrong: objectives without directions
conf(Search)(n_trial=3)  # wrong: a misspelt setting of the search
