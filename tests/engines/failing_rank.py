"""`train.py` with one callback more, which ends one rank."""

import os
import signal
from typing import Any

from lightning import Callback, LightningModule, Trainer

import train
from project.config import Group, conf
from project.config.launch import launch
from project.ranks import following
from project.rehearsal import rehearse


class Fails(Callback):
    """Raises on one rank, or kills it.

    Args:
        rank: which.
        kill: have the process killed instead.
    """

    def __init__(self, rank: int, kill: bool = False) -> None:
        self.rank, self.kill = rank, kill

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.global_rank == self.rank:
            if self.kill:
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError(f"planted on rank {self.rank}")

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        # Not by the config, so that the run that goes on is the same.
        if trainer.global_step == int(os.environ.get("KILLED_AT", -1)):
            os.kill(os.getpid(), signal.SIGKILL)


Group[Callback]("callbacks", many=True, fails=conf(Fails)(rank=1))

if __name__ == "__main__":
    os.environ["HYDRA_MAIN_MODULE"] = "__main__"  # or Hydra takes `main` for a part of a package
    with following():
        launch(train.main, rehearse)
