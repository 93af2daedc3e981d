"""What a user is told at the end of a run."""

import json
import math
from pathlib import Path

import pytest
import torch

from project.console import plain
from project.results import Results, epoch_of

RESULTS = Results(
    monitor="val/accuracy",
    value=0.9123,
    checkpoint="",
    data="bundled subset",
    epochs=3,
    steps=258,
    test={"test/loss": 0.25, "test/accuracy": 0.9},
    best_epoch=2,
    seconds=3725.4,
)


def test_the_table_says_what_came_out_and_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run" / "pictures").mkdir(parents=True)
    (tmp_path / "run" / "events.out.tfevents.1").touch()
    lines = [line.split(maxsplit=1) for line in plain(RESULTS.table(tmp_path / "run")).splitlines()]
    assert lines == [
        ["test/loss", "0.2500"],
        ["test/accuracy", "0.9000"],
        ["best", "val/accuracy  0.9123 in epoch 2"],
        ["took", "3 epochs, 258 steps, 1:02:05"],
        ["data", "bundled subset"],
        ["directory", "run"],
        ["curves", "tensorboard --logdir run"],
        ["pictures", "run/pictures"],
    ]


def test_what_is_not_there_is_not_said(tmp_path: Path) -> None:
    text = plain(Results("val/loss", None, "", "", 1, 1).table(tmp_path))
    assert not any(word in text for word in ("best", "data", "checkpoint", "curves", "pictures", "epoch 1"))


def test_a_value_that_is_no_number_is_null_in_the_file(tmp_path: Path) -> None:
    path = Results("val/loss", math.nan, "", "", 1, 1, test={"test/loss": math.inf}).write(tmp_path)
    found = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert (found["value"], found["test"]) == (None, {"test/loss": None})


def test_nothing_of_a_long_path_is_lost() -> None:
    text = plain(RESULTS.table(Path("/a/directory" * 9)), width=60)
    assert "/a/directory" * 9 in "".join(text.split())
    assert max(map(len, text.splitlines())) <= 60


def test_the_epoch_of_a_checkpoint_is_counted_from_one(tmp_path: Path) -> None:
    torch.save({"epoch": 4}, tmp_path / "best.ckpt")
    assert epoch_of(str(tmp_path / "best.ckpt")) == 5
    assert epoch_of("") is None
