"""Sharding in a process alone, where every parameter is a share of itself; tests/engines/test_ranks.py has two."""

from pathlib import Path

import pytest
import torch
from in_process import SMALL, run

import configs

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


def test_an_average_of_the_weights_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(tmp_path, *SMALL, "callbacks=[checkpoint,ema]", *FSDP)
    assert "fsdp does not go with a callback that averages the weights" in capsys.readouterr().err
