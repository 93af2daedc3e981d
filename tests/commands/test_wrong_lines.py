"""Every wrong command line of `wrong.txt` is refused before anything runs, with each mistake named and a way out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from command_tables import HERE, WrongLine, answer, answer_anywhere, portable, wrong_lines

MESSAGES = HERE / "messages.txt"
PROMPT = "$ python train.py "
FOREIGN = re.compile(r"Traceback|\bappend|Builds_|HYDRA_|full_key|object_type|reference_type|NoneType")
"""Hydra's advice for a typo ("To append to your config use +"), and words that only a developer knows."""

LINES = wrong_lines()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(wrong: WrongLine, directory: Path) -> None:
    said = answer_anywhere(wrong.line)
    assert said, "nothing stops it"
    assert [text for text in wrong.texts if text not in said] == [], said
    assert not FOREIGN.search(said), said
    assert not list(directory.iterdir())
    assert not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("wrong", LINES[::2], ids=str)
def test_a_wrong_line_is_refused_with_every_mistake_named(wrong: WrongLine, tmp_path: Path) -> None:
    refused(wrong, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("wrong", LINES[1::2], ids=str)
def test_another_wrong_line_is_refused_with_every_mistake_named(wrong: WrongLine, tmp_path: Path) -> None:
    refused(wrong, tmp_path)


@pytest.mark.parametrize("line", ["--seed=3", "--no-such-flag", "-m --confg-name=config", "--cfg everything"])
def test_a_flag_that_is_none_is_refused_with_the_flags_there_are(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        answer(line)
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "usage:" in said
    assert "--config-name" in said
    assert not list(tmp_path.iterdir())


def test_the_answers_are_the_golden_ones(golden: Callable[[Path, str], None]) -> None:
    lines = [line.removeprefix(PROMPT) for line in MESSAGES.read_text().splitlines() if line.startswith(PROMPT)]
    assert len(lines) >= 45
    golden(MESSAGES, "\n".join(f"{PROMPT}{line}\n{portable(answer_anywhere(line))}\n" for line in lines))


def test_the_table_is_large_and_says_nothing_twice() -> None:
    lines = [wrong.line for wrong in LINES]
    assert len(lines[::2]) >= 160
    assert len(set(lines)) == len(lines)
    assert all(wrong.texts for wrong in LINES)
