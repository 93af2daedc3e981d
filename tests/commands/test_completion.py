"""What the shell offers at Tab."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_tables import TRAIN

from project.config.answers import answered
from project.config.command import arguments
from project.config.group import groups
from project.config.pages import gather
from project.manual.completion import completed

PAGES = gather()


def offered(line: str) -> list[str]:
    return completed(PAGES, f"python train.py {line}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mod", ["mode=", "model.", "model="]),
        ("model=be", ["model=beeg_mlp"]),
        ("model=mlp model.hid", ["model.hidden_dim="]),
        ("model.be", ["model.beeg_factor="]),
        ("model=mlp model.be", []),
        ("exp", ["experiment=["]),
        ("experiment=[b", ["experiment=[beeg"]),
        ("experiment=[beeg,s", ["experiment=[beeg,sgd"]),
        ("experiment=[beeg,b", []),
        ("callbacks=early", ["callbacks=early_stopping"]),
        ("callbacks=[early", ["callbacks=[early_stopping"]),
        ("callbacks.early_s", ["callbacks.early_stopping."]),
        ("callbacks.early_stopping.pa", ["callbacks.early_stopping.patience="]),
        ("callbacks=[checkpoint] callbacks.e", []),
        ("-m optimizer=adam,s", ["optimizer=adam,sgd"]),
        ("mode=", ["mode=max", "mode=min"]),
        ("check=", ["check=false", "check=true"]),
        ("trainer.max_epochs=", ["trainer.max_epochs=10", "trainer.max_epochs=null"]),
        ("+trainer.max_e", ["+trainer.max_epochs="]),
        ("--mul", ["--multirun"]),
        ("nothing.of.the.kind", []),
        ("nothing=", []),
    ],
)
def test_a_word_is_completed(line: str, words: list[str]) -> None:
    assert offered(line) == words


def test_a_new_word_may_be_any_group_preset_or_field() -> None:
    assert {"model=", "model.", "callbacks=", "experiment=[", "debug=[", "seed="} <= set(offered(""))
    assert offered("model=mlp ") == offered("")


def test_everything_offered_is_an_option_and_nothing_that_presets_hide() -> None:
    for group in (group for group in groups.values() if "/" not in group.group):
        start = f"{group.group}={'[' if group.many else ''}"
        assert offered(f"{group.group}=") == sorted(f"{start}{option}" for option in group.options)


def test_the_line_is_completed_at_the_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", "python train.py model=be optimizer=adam")
    monkeypatch.setenv("COMP_POINT", str(len("python train.py model=be")))
    assert answered(arguments(["-sc", "query=bash"]))
    assert capsys.readouterr().out == "model=beeg_mlp\n"


@pytest.mark.long
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_with_the_script_that_is_installed() -> None:
    lines = (
        'eval "$(python train.py -sc install=bash)"',
        'COMP_LINE="python train.py experiment=[be" COMP_POINT=${#COMP_LINE} COMP_CWORD=2',
        'hydra_bash_completion; echo "${COMPREPLY[*]}"',
    )
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", "\n".join(lines)]
    # Hydra's script looks for the program in the directory that one is in.
    done = subprocess.run(command, cwd=TRAIN.parent, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "experiment=[beeg", done.stderr
