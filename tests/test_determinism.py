"""Two runs with one seed are one run, bit by bit."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from in_process import QUICK, run
from torch import Tensor

from project.config.guards import is_dict, is_list

pytestmark = pytest.mark.usefixtures("two_threads")

LINES = [
    (),
    ("datamodule.num_workers=2",),
    ("model=mlp", "model.dropout=0.5", "optimizer=sgd", "scheduler=one_cycle"),
    ("model=mlp", "model.dropout=0.5", "datamodule.num_workers=2", "trainer.max_epochs=2"),
    ("trainer.deterministic=true",),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line) or "default")
def test_two_runs_with_one_seed_are_bitwise_equal(line: tuple[str, ...], tmp_path: Path) -> None:
    quick = (*QUICK, "preflight=false", "logger=[csv]", "callbacks=[checkpoint]", *line)
    one, two = (run(tmp_path, *quick, f"output_dir={tmp_path / name}") and tmp_path / name for name in ("one", "two"))
    assert different(checkpoint(one), checkpoint(two)) == []
    assert results(one) == results(two)
    assert (one / "metrics.csv").read_text() == (two / "metrics.csv").read_text()


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    quick = (*QUICK, "preflight=false", "logger=[]", "callbacks=[checkpoint]")
    runs = [tmp_path / str(seed) for seed in (1, 2)]
    for directory in runs:
        run(tmp_path, *quick, f"output_dir={directory}", f"seed={directory.name}")
    one, two = map(checkpoint, runs)
    assert different(one, two)


def checkpoint(directory: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = torch.load(directory / "checkpoints" / "last.ckpt", weights_only=True)
    kept = {name: loaded[name] for name in ("optimizer_states", "lr_schedulers", "global_step")}
    return {"state_dict": dict(loaded["state_dict"]), **kept}


def results(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "results.json").read_text())
    return {name: found[name] for name in ("value", "epochs", "steps", "validation", "test")}


def different(one: Any, two: Any, path: str = "") -> list[str]:
    """The places in which two checkpoints differ."""
    if isinstance(one, Tensor):
        return [] if torch.equal(one, two) else [path]
    if is_dict(one):
        return [found for key in one for found in different(one[key], two[key], f"{path}.{key}")]
    if is_list(one):
        return [found for key, item in enumerate(one) for found in different(item, two[key], f"{path}.{key}")]
    return [] if one == two else [path]
