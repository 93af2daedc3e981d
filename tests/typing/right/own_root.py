"""A root, references and presets of one's own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lightning import Callback
from torch import nn
from torch.nn import Parameter
from torch.optim import Optimizer, RMSprop

import configs
from project.config import Group, Presets, conf, conf_partial, refs, root
from project.datamodule import ImageDataModule
from project.model import MLP


class Fields:
    """What may be referred to."""

    datamodule: ImageDataModule
    encoder: MLP
    width: int
    title: str


cfg = refs(Fields)

encoder = Group[MLP]("encoder", small=conf(MLP)(cfg.datamodule.input_dim, cfg.width))
decoder = Group[nn.Module](
    "decoder",
    mirrored=conf(MLP)(cfg.width, cfg.datamodule.input_dim),
    linear=conf(nn.Linear)(cfg.width, out_features=cfg.datamodule.input_dim),
)


@root
@dataclass
class Study:
    """Another kind of run, of the catalogue's components and others."""

    datamodule: ImageDataModule = configs.datamodule.default("mnist")
    encoder: MLP = encoder.default("small")
    decoder: nn.Module = decoder.default("mirrored")
    optimizer: Callable[[Iterable[Parameter]], Optimizer] = configs.optimizer.default("sgd")
    callbacks: dict[str, Callback] = configs.callbacks.defaults("learning_rate")
    seed: int = 1
    width: int = 16
    share: float = 1
    title: str = "a study"
    limit: int | None = None


study = Presets[Study](
    "study",
    wide=conf(Study)(width=64, title="a wide study"),
    linear=conf(Study)(decoder=decoder["linear"], limit=10),
    other=conf(Study)(encoder=conf(MLP)(cfg.datamodule.input_dim, cfg.width, dropout=0.1)),
    tuned=conf(Study)(optimizer=conf_partial(RMSprop)(lr=1e-4), callbacks={}),
)
