"""Spaces to be searched, statically what they draw."""

from typing import assert_type

from lightning import Trainer
from torch import nn
from torch.optim import SGD, Adam

import configs
from configs import Config
from project.config import Group, Spaces, choice, conf, conf_partial, integers, log_uniform, uniform
from project.config.search import Search, Sweeper
from project.datamodule import FashionMNIST
from project.model import MLP


def a_space_is_what_it_draws() -> None:
    """Numbers, and whatever is chosen among."""
    assert_type(uniform(0, 0.5), float)
    assert_type(log_uniform(1e-4, 1e-1), float)
    assert_type(integers(1, 9), int)
    assert_type(choice("a", "b"), str)
    assert_type(choice(None, 3), int | None)
    assert_type(choice(configs.model["mlp"], configs.model["vit"]), nn.Module)


sweeper = Group[Sweeper](
    "hydra/sweeper",
    pruned=conf(Search)(n_trials=100, pruner="hyperband", sampler="random"),
    several=conf(Search)(objectives={"val/accuracy": "max", "seconds": "min"}, seed=3),
)

search = Spaces[Config](
    "search",
    adam=conf(Config)(
        optimizer=conf_partial(Adam)(lr=log_uniform(1e-4, 1e-1), betas=choice((0.9, 0.999), (0.8, 0.99))),
        trainer=conf(Trainer)(max_epochs=3, accelerator="cpu"),
    ),
    size=conf(Config)(
        model=conf(MLP)(1, 1, hidden_dim=integers(16, 256, log=True), dropout=uniform(0, 0.5)),
        datamodule=conf(FashionMNIST)(batch_size=integers(32, 256, step=32), val_size=choice(None, 500)),
        seed=integers(0, 2**32 - 1),
    ),
    parts=conf(Config)(
        model=choice(configs.model["mlp"], configs.model["small_cnn"]),
        optimizer=choice(configs.optimizer["adam"], configs.optimizer["sgd"]),
        mode=choice("min", "max"),
    ),
    momentum=conf(Config)(optimizer=conf_partial(SGD)(lr=0.1, momentum=uniform(0.5, 0.99))),
)
