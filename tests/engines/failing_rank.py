"""`train.py` with one callback more, which raises on one rank."""

import os

from lightning import Callback, LightningModule, Trainer

import train
from project.config import Group, conf
from project.config.launch import launch
from project.ranks import following
from project.rehearsal import rehearse


class Fails(Callback):
    """Raises on one rank.

    Args:
        rank: which.
    """

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.global_rank == self.rank:
            raise RuntimeError(f"planted on rank {self.rank}")


Group[Callback]("callbacks", many=True, fails=conf(Fails)(rank=1))

if __name__ == "__main__":
    os.environ["HYDRA_MAIN_MODULE"] = "__main__"  # or Hydra takes `main` for a part of a package
    with following():
        launch(train.main, rehearse)
