"""In an editor: completion, explanations, jumps and renames reach through `conf` to the class that is configured."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checkers
import pytest
from language_server import LanguageServer

from project.model import MLP

SCRATCH = """\
from project.config import conf, conf_partial
from project.model import MLP
from torch.optim import Adam

conf(MLP)()
conf_partial(Adam)()
conf(MLP)(784, 10, hiden_dim=64)
"""
ENTRY, PARTIAL = 4, 5
"""Lines of the entries, from 0."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server over a copy of the package and the catalogue, with a file in it that is not saved."""
    root = tmp_path_factory.mktemp("workspace").resolve()
    shutil.copytree(checkers.REPOSITORY / "project", root / "project", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("configs.py", "pyproject.toml"):
        shutil.copy(checkers.REPOSITORY / name, root)
    with LanguageServer(root) as server:
        yield server


@pytest.fixture(scope="module")
def scratch(server: LanguageServer) -> Path:
    """The open file; only its planted mistake is flagged."""
    path = server.root / "configs_of_mine.py"
    flagged = server.open(path, SCRATCH)
    assert [(item["range"]["start"]["line"], item["code"]) for item in flagged] == [
        (ENTRY, "reportCallIssue"),
        (PARTIAL + 1, "reportCallIssue"),
    ]
    return path


def after(line: int, text: str) -> tuple[int, int]:
    """The place in `SCRATCH` right after a text in a line."""
    found = SCRATCH.splitlines()[line]
    return line, found.index(text) + len(text)


def test_the_parameters_of_the_class_are_offered_inside_the_entry(server: LanguageServer, scratch: Path) -> None:
    offered = server.ask_at("completion", scratch, *after(ENTRY, "conf(MLP)("))
    labels = [item["label"] for item in offered["items"]]
    assert {"input_dim=", "output_dim=", "hidden_dim=", "num_layers=", "dropout="} <= set(labels)


def test_the_parameters_that_are_left_are_offered_inside_a_factory(server: LanguageServer, scratch: Path) -> None:
    offered = server.ask_at("completion", scratch, *after(PARTIAL, "conf_partial(Adam)("))
    labels = [item["label"] for item in offered["items"]]
    assert {"lr=", "betas=", "weight_decay="} <= set(labels)
    assert "params=" not in labels


def test_the_signature_of_the_class_is_shown_inside_the_entry(server: LanguageServer, scratch: Path) -> None:
    shown = server.ask_at("signatureHelp", scratch, *after(ENTRY, "conf(MLP)("))
    assert "input_dim: int" in shown["signatures"][0]["label"]
    assert "hidden_dim: int = 256" in shown["signatures"][0]["label"]


def test_the_docstring_of_the_class_is_shown_over_its_name(server: LanguageServer, scratch: Path) -> None:
    shown = server.ask_at("hover", scratch, *after(ENTRY, "conf(M"))
    assert MLP.__doc__
    assert MLP.__doc__.splitlines()[0] in shown["contents"]["value"]


def test_the_name_in_an_entry_leads_to_the_file_of_the_class(server: LanguageServer, scratch: Path) -> None:
    found = server.ask_at("definition", scratch, *after(ENTRY, "conf(M"))
    assert [place["uri"] for place in found] == [(server.root / "project/model/mlp.py").as_uri()]


def test_a_parameter_renamed_in_the_class_is_renamed_in_the_catalogue(server: LanguageServer) -> None:
    model, catalogue = server.root / "project/model/mlp.py", server.root / "configs.py"
    server.open(model)
    line, text = next((n, text) for n, text in enumerate(model.read_text().splitlines()) if "output_dim: int" in text)
    changes = server.ask_at("rename", model, line, text.index("output_dim"), newName="classes")
    edits = {change["textDocument"]["uri"]: change["edits"] for change in changes["documentChanges"]}
    renamed = edited(catalogue, edits[catalogue.as_uri()])
    assert re.search(r"conf\(MLP\)\([^()]*\bclasses=", renamed)
    assert not re.search(r"conf\(MLP\)\([^()]*\boutput_dim=", renamed)
    assert re.search(r"conf\(BeegYoshiMLP\)\([^()]*\boutput_dim=", renamed), "of another class, it keeps its name"
    assert "classes: int" in edited(model, edits[model.as_uri()])


def edited(path: Path, edits: list[Any]) -> str:
    """The text of a file with edits of single lines applied."""
    lines: list[str] = path.read_text().splitlines()
    for edit in sorted(edits, key=lambda edit: -edit["range"]["start"]["character"]):
        start, end = edit["range"]["start"], edit["range"]["end"]
        number: int = start["line"]
        before = lines[number]
        lines[number] = f"{before[: start['character']]}{edit['newText']}{before[end['character'] :]}"
    return "\n".join(lines)
