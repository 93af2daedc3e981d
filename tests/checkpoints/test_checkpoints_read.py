"""No checkpoint is taken that was cut short, altered or exchanged."""

import shutil
import warnings
from pathlib import Path

import pytest
import torch
from in_process import SMALL, run

from project import load
from project.checkpoint import refusal, usable
from project.checkpoint.read import read
from project.config import ConfigError

WEIGHTS = {"a": torch.arange(60.0), "b": torch.ones(3)}
STATE = {"state_dict": WEIGHTS, "epoch": 3, "said": ["as", 1, None]}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.ckpt"
    torch.save(STATE, file)
    return file


def is_as_saved(file: Path) -> bool:
    found = read(file)
    same = all(torch.equal(found["state_dict"][name], value) for name, value in WEIGHTS.items())
    return same and found["epoch"] == 3 and found["said"] == STATE["said"]


def test_a_file_cut_short_anywhere_is_refused(small: Path) -> None:
    content = small.read_bytes()
    for length in {*range(0, len(content), 7), len(content) - 1}:
        small.write_bytes(content[:length])
        assert "it is not whole" in refusal(small), length


@pytest.mark.parametrize("bit", [pytest.param(bit, marks=[] if bit == 4 else pytest.mark.long) for bit in range(8)])
def test_no_flipped_bit_of_a_file_changes_what_is_read(bit: int, small: Path) -> None:
    """The bit of value 16 turns a tensor into what torch takes for a directory, and leaves unread."""
    content = small.read_bytes()
    refused = 0
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1 << bit
        small.write_bytes(altered)
        if refusal(small):
            refused += 1
        else:
            assert is_as_saved(small), place
    assert refused > len(content) / 2


def test_a_lost_block_is_noticed(small_run: Path, tmp_path: Path) -> None:
    content = (small_run / "checkpoints" / "last.ckpt").read_bytes()
    file = tmp_path / "lost.ckpt"
    for start in range(0, len(content) - 4096, len(content) // 20):
        file.write_bytes(content[:start] + b"\xaa" * 4096 + content[start + 4096 :])
        assert refusal(file)


def test_a_run_keeps_its_best_its_last_and_the_one_before(small_run: Path) -> None:
    directory = small_run / "checkpoints"
    assert {path.name for path in directory.iterdir()} == {"best.ckpt", "last.ckpt", "previous.ckpt"}
    assert read(directory / "last.ckpt")["global_step"] > read(directory / "previous.ckpt")["global_step"]


def test_the_newest_whole_checkpoint_is_used(small_run: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert usable(small_run) == small_run / "checkpoints" / "last.ckpt"
        assert usable(small_run.parent) is None


def test_instead_of_a_damaged_last_the_one_before_is_used(damaged: Path) -> None:
    cut(damaged / "checkpoints" / "last.ckpt")
    with pytest.warns(UserWarning, match=r"last\.ckpt is not loaded: it is not whole\n.*previous\.ckpt is taken"):
        assert usable(damaged) == damaged / "checkpoints" / "previous.ckpt"


def test_without_a_whole_one_there_is_none(damaged: Path) -> None:
    for file in (damaged / "checkpoints").iterdir():
        cut(file)
    with pytest.warns(UserWarning, match="none is left to go on from"):
        assert usable(damaged) is None


def test_best_and_last_exchanged_are_noticed(damaged: Path) -> None:
    best, last, spare = (damaged / "checkpoints" / f"{name}.ckpt" for name in ("best", "last", "spare"))
    best.rename(spare)
    last.rename(best)
    spare.rename(last)
    assert "it was saved as last.ckpt" in refusal(best)
    with pytest.warns(UserWarning, match=r"last\.ckpt is not loaded: it was saved as best\.ckpt"):
        assert usable(damaged) == damaged / "checkpoints" / "previous.ckpt"


def test_a_checkpoint_of_another_run_is_noticed(damaged: Path) -> None:
    record = damaged / "provenance.json"
    identity = record.read_text().partition('"identity": "')[2][:64]
    other = shutil.copytree(damaged, damaged.with_name("other"))
    record.write_text(record.read_text().replace(identity, "0" * 64))
    for name in ("best", "last", "previous"):
        assert "it is of another run" in refusal(damaged / "checkpoints" / f"{name}.ckpt")
        assert refusal(other / "checkpoints" / f"{name}.ckpt") == ""


@pytest.mark.filterwarnings("always:(?s).*is not loaded")
def test_a_run_whose_last_was_damaged_goes_on_from_the_one_before(tmp_path: Path) -> None:
    damaged = run(tmp_path, *SMALL, "trainer.max_epochs=2")
    cut(damaged / "checkpoints" / "last.ckpt")
    run(tmp_path, f"run={damaged}", "trainer.max_epochs=3", "preflight=false")
    assert "previous.ckpt is taken instead" in (damaged / "train.log").read_text()
    directory = damaged / "checkpoints"
    # What was damaged has not taken the place of what was gone on from.
    assert usable(damaged) == directory / "last.ckpt"
    assert refusal(directory / "previous.ckpt") == ""
    assert read(directory / "last.ckpt")["global_step"] > 4


@pytest.mark.parametrize("line", ["run={run} stages=[test]", "ckpt_path={run}/checkpoints/best.ckpt"])
def test_a_damaged_file_that_is_asked_for_is_refused_with_the_whole_ones(
    line: str, damaged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut(damaged / "checkpoints" / "best.ckpt")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(SystemExit) as ended:
        run(elsewhere, *line.format(run=damaged).split(), "model=mlp", "model.hidden_dim=8", "preflight=true")
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "best.ckpt is not loaded: it is not whole" in said
    assert f"Whole, in the same directory: {damaged}/checkpoints/last.ckpt, {damaged}/checkpoints/previous" in said
    assert not list(elsewhere.iterdir())


def test_a_notebook_is_told_of_a_damaged_file(damaged: Path) -> None:
    cut(damaged / "checkpoints" / "best.ckpt")
    with pytest.raises(ValueError, match=r"best\.ckpt is not loaded: it is not whole"):
        load(damaged)
    with pytest.raises(ConfigError, match="no checkpoint 'bets'"):
        load(damaged, "bets")
    assert load(damaged, "previous").training is False


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
