"""`python configs.py`: the catalogue as a whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import configs
from project.config import catalogue
from project.config.catalogue import choices, main
from project.config.group import groups

ROOT = Path(__file__).parents[2]


def test_every_option_every_preset_and_every_pair_of_presets_is_looked_at() -> None:
    looked_at = set(choices())
    assert {
        "model=mlp",
        "callbacks=[checkpoint]",
        "experiment=[beeg]",
        "experiment=[sgd,beeg]",
        "debug=[fast]",
    } <= looked_at
    assert len(looked_at) > sum(len(group.options) for group in groups.values())


def test_the_catalogue_is_right_and_the_script_says_so() -> None:
    done = subprocess.run([sys.executable, "configs.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith(" choices, 0 wrong")


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue with a group that no field of the root takes; of the rest, a few rows."""
    monkeypatch.setitem(groups, "stray", configs.loss)
    monkeypatch.setattr(catalogue, "choices", lambda: ["model=mlp", "experiment=[beeg]"])


@pytest.mark.usefixtures("spoilt")
@pytest.mark.parametrize("form", ["", "--json", "--github"])
def test_a_wrong_catalogue_ends_with_status_1_in_every_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([form] if form else [])
    assert ended.value.code == 1
    text = capsys.readouterr().out
    assert "no field of the root takes this group" in text
    if form == "--json":
        assert [row["choice"] for row in json.loads(text) if row["problems"]] == ["stray"]
    if form == "--github":
        assert text.startswith("::error")
