"""Sharding in a process alone, where every parameter is a share of itself; tests/engines/test_ranks.py has two."""

from pathlib import Path

import pytest
import torch
from in_process import SMALL, run
from lightning import Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException

import configs
from project.callbacks import EMA
from project.config import ConfigError
from project.config.launch import refuse_wrong_jobs
from project.trainer import FSDP as FSDP2

FSDP = "trainer=fsdp", "trainer.devices=1", "trainer.strategy.min_num_params=1000"


@pytest.mark.parametrize("optimizer", configs.optimizer.options)
def test_every_optimizer_goes_on_sharded_from_where_it_was_whole(optimizer: str, tmp_path: Path) -> None:
    line = (*SMALL, f"optimizer={optimizer}", "stages=[fit]")
    whole = run(tmp_path, *line) / "checkpoints" / "last.ckpt"
    longer = ("trainer.max_epochs=2", f"ckpt_path={whole}")
    found = [
        torch.load(run(tmp_path, *line, *longer, *trainer) / "checkpoints" / "last.ckpt", weights_only=True)
        for trainer in ((), FSDP)
    ]
    for part in ("state_dict", "optimizer_states"):
        held = [each[part] if part == "state_dict" else each[part][0]["state"] for each in found]
        torch.testing.assert_close(held[1], held[0], atol=1e-5, rtol=0)


def test_an_average_of_the_weights_is_refused_in_the_review() -> None:
    with pytest.raises(ConfigError, match=r"callbacks.ema: EMA does not go with FSDP, which is trainer.strategy"):
        refuse_wrong_jobs([*SMALL, "callbacks=[checkpoint,ema]", *FSDP])


def test_an_average_of_the_weights_is_refused_where_nobody_has_reviewed_it() -> None:
    trainer = Trainer(callbacks=[EMA()], logger=False, enable_checkpointing=False)
    with pytest.raises(MisconfigurationException, match="averages the weights"):
        FSDP2().setup(trainer)
