"""What the pages show is there, or works."""

import re
import shlex
from pathlib import Path

import pytest
from in_process import QUICK, run
from pages import LINES, PAGES, PIECES, README, ROOT, RUN, Line, Piece, extend, fences, mypy, options, there, tried

import configs as configs  # the catalogue that the pages are about
from project import export, new
from project.config import ConfigError
from project.config.launch import refuse_wrong_jobs
from project.config.pages import gather
from project.config.root import presets

ADDED = [piece for piece in PIECES if piece.file and not there(piece)]
ALONE = [piece for piece in PIECES if not piece.file and piece.page != README]
REFUSED = [
    (command, said)
    for page in PAGES
    for block in fences(page, "")
    for command, said in re.findall(r"\A\$ python train\.py (.*)\n((?:.|\n)*)", block)
]
REVIEWED = list(dict.fromkeys(line.arguments for line in LINES if line.program == "train.py"))
EXPORTS = [line for line in LINES if line.program == "project.export"]
CATALOGUE = ROOT / "docs" / "catalogue.md"


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to which everything that the pages add has been added."""
    return extend(tmp_path_factory.mktemp("docs") / "repository", ADDED)


def test_what_is_neither_there_nor_added_to_the_catalogue_or_to_a_file_of_ones_own_is_not_shown() -> None:
    assert {piece.file for piece in ADDED} == {"mine.py", "configs.py"}
    assert [piece for piece in ADDED if piece.where == "" and piece.file == "configs.py"] == []


@pytest.mark.long
def test_every_command_line_passes_the_review_and_every_example_runs(extended: Path) -> None:
    wrong = {command for command, _ in REFUSED}
    right = [line for line in REVIEWED if line not in wrong]
    alone = [piece.text for piece in ALONE]
    assert tried(extended, review=right, execute=alone) == dict.fromkeys([*right, *alone], "")


@pytest.mark.long
def test_the_type_checker_passes_everything(extended: Path) -> None:
    for number, piece in enumerate(ALONE):
        (extended / f"alone_{number}.py").write_text(piece.text)
    assert mypy(extended, "mine.py", "configs.py", *(f"alone_{number}.py" for number in range(len(ALONE)))) == []


@pytest.mark.long
def test_everything_a_reader_adds_is_trained_together_and_each_part_alone(extended: Path) -> None:
    [together] = [line.arguments for line in LINES if line.page.name == "extending.md"]
    alone = [f"{option} preflight=false" for option in options(ADDED)]
    assert len(alone) > 10
    assert tried(extended, train=[together, *alone]) == dict.fromkeys([together, *alone], "")


@pytest.mark.parametrize(("command", "said"), REFUSED, ids=[command for command, _ in REFUSED])
def test_what_is_shown_to_be_refused_is_refused_in_these_words(command: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_wrong_jobs(shlex.split(command))
    assert portable(str(caught.value)) == portable(said)


def portable(text: str) -> str:
    return re.sub(r"\.py:\d+", ".py:LINE", re.sub(r"/\S*/site-packages/", "", text)).strip()


@pytest.mark.long
def test_the_exports_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, *QUICK, "preflight=false", f"hydra.run.dir={RUN}")
    monkeypatch.chdir(tmp_path)
    for line in EXPORTS:
        export.main(shlex.split(line.arguments))
    assert {path.name for path in Path(RUN).glob("model.*")} == {"model.onnx", "model.pt2"}


@pytest.mark.parametrize("line", [line for line in LINES if line.program == "project.new"], ids=str)
def test_the_project_that_is_begun_is_there(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    directory, name = shlex.split(line.arguments)
    new.main([directory, name])
    assert Path(directory, name, "config").is_dir()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_file_named_is_there(page: Path) -> None:
    text = page.read_text()
    prose = re.sub(r"```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)|<img src=\"([^\"]+)\"", prose)
    relative = [link or picture for link, picture in links if "://" not in link]
    named = re.findall(r"`((?:project|tests|docs)/[\w/.]+)`", text)
    assert [link for link in relative if not (page.parent / link).exists()] == []
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_page_and_every_picture_is_linked() -> None:
    text = "".join(page.read_text() for page in PAGES)
    files = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "pictures").iterdir()]
    assert [file.name for file in files if file.name not in text] == []


def test_every_extra_that_is_named_can_be_installed() -> None:
    extras = set(re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    assert {name for page in PAGES for name in re.findall(r"'\w+\[(\w+)\]'", page.read_text())} <= extras


def test_the_catalogue_page_is_the_catalogue() -> None:
    _, *sections = re.split(r"^## ", CATALOGUE.read_text(), flags=re.MULTILINE)
    shown = {
        section.split()[0]: (re.findall(r"^\| (\**)`(\w+)`", section, re.MULTILINE), section) for section in sections
    }
    pages = {group.name: group for group in gather().groups}
    assert list(shown) == list(pages)
    for name, group in pages.items():
        options, section = shown[name]
        assert [option for _, option in options] == [option.name for option in group.options]
        assert {option for mark, option in options if mark} == set(group.defaults)
        assert f"{'Any number of' if group.many else 'One'} `{group.kind}`" in section


def test_the_page_of_presets_names_them_all() -> None:
    text = (ROOT / "docs" / "presets.md").read_text()
    tables = re.findall(r"^\| (\w+) \| .*\n\| --- .*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert {name: re.findall(r"^\| `(\w+)`", rows, re.MULTILINE) for name, rows in tables} == presets()


def test_a_piece_that_is_not_there_is_told_from_one_that_is() -> None:
    text = "class MLP(nn.Module):\n"
    assert there(Piece(README, "project/model/mlp.py", "", text))
    assert not there(Piece(README, "project/model/mlp.py", "", text.replace("MLP", "MPL")))
