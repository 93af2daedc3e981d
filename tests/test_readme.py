"""What the README shows is what the repository holds, and works; a newcomer needs nothing else."""

from pathlib import Path

import pytest
from pages import LINES, PIECES, README, SWEEP, extend, fences, mypy, options, there, tried

OURS = [piece for piece in PIECES if piece.page == README]
ADDED = [piece for piece in OURS if piece.file and not there(piece)]
TYPED = [line.arguments for line in LINES if line.page == README and line.program == "train.py"]
TRAINED = [line for line in TYPED if "halves" in line]
REVIEWED = [line for line in TYPED if "beeg_factr" not in line]  # which is shown to be refused


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to which everything that the README adds has been added."""
    return extend(tmp_path_factory.mktemp("readme") / "repository", ADDED)


def test_the_readme_is_read_in_one_go() -> None:
    assert 110 <= len(README.read_text().splitlines()) <= 150


def test_the_worked_example_is_the_code_there() -> None:
    shown = [(piece.file, piece.where, piece.text.split("(")[0].strip()) for piece in OURS if there(piece)]
    assert shown == [
        ("project/model/beeg_yoshi_mlp.py", "", "class BeegYoshiMLP"),
        ("configs.py", "in model", "beeg_mlp=conf"),
    ]


def test_a_dataset_a_metric_and_a_loop_are_added() -> None:
    assert options(ADDED) == ["datamodule=halves", "metrics=[accuracy,worst_class]", "loop=noisy"]


def test_what_a_newcomer_types_passes_and_what_he_adds_is_swept_over_and_trained(extended: Path) -> None:
    assert len(TRAINED) == 1
    assert tried(extended, review=REVIEWED, train=TRAINED) == dict.fromkeys(REVIEWED, "")
    trained = [file for file in extended.glob("multirun/**/results.json") if not file.is_relative_to(extended / SWEEP)]
    assert len(trained) == 4
    assert all('"test/worst_class"' in file.read_text() for file in trained)


def test_mypy_passes_what_a_newcomer_adds_and_says_of_the_promised_mistake_what_is_promised(extended: Path) -> None:
    [(entry, _, error)] = [piece.text.partition("# error: ") for piece in OURS if not piece.file]
    imports = "from configs import cfg\nfrom project.config import conf\nfrom project.model import MLP\n"
    (extended / "promise.py").write_text(f"{imports}\n_ = dict({entry})\n")
    [found] = mypy(extended, "mine.py", "configs.py", "promise.py")
    assert found == f"promise.py:5: error: {error.strip()}"


def test_the_command_lines_are_those_of_the_readme() -> None:
    text = "".join(fences(README, ""))
    for line in (
        "pip install -e . && python train.py\n",
        "python train.py model=beeg_mlp model.beeg_factor=20 ",
        "python train.py -m model=beeg_mlp model.beeg_factor=1,5,10 ",
    ):
        assert line in text
    assert "`pip install -e '.[dev]' && pytest`" in README.read_text()
