"""A catalogue with a mistake cannot be imported, and the answer names group, option, file and line."""

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import import_errors
import pytest
from hydra.core.config_store import ConfigStore

from project.config import ConfigError
from project.config.group import groups

# The module, which its window shows as the decorator of the same name.
root: Any = importlib.import_module("project.config.root")
GOLDEN = Path(__file__).with_name("import_errors.txt")
CASES: dict[str, Callable[[], object]] = {
    name: case
    for name, case in inspect.getmembers(import_errors, inspect.isfunction)
    if case.__module__ == import_errors.__name__ and inspect.signature(case).return_annotation is object
}


@pytest.fixture(autouse=True)
def _no_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each case starts from an empty catalogue, and leaves none behind."""
    store, known = ConfigStore.instance(), dict(groups)
    monkeypatch.setattr(store, "repo", {})
    monkeypatch.setattr(root, "_root", dataclasses.replace(root._root))
    groups.clear()
    yield
    groups.clear()
    groups.update(known)


def answer(case: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        case()
    return str(caught.value).replace(str(Path(__file__).parent), "tests/config")


def test_the_answers_are_the_golden_ones(golden: Callable[[Path, str], None]) -> None:
    answers: list[str] = []
    for name, case in sorted(CASES.items(), key=lambda item: item[1].__code__.co_firstlineno):
        groups.clear()
        answers.append(f"# {name.replace('_', ' ')}\n{answer(case)}\n")
    golden(GOLDEN, "\n".join(answers))


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_answer_names_the_line_of_the_mistake(name: str) -> None:
    lines, first = inspect.getsourcelines(CASES[name])
    named = [line for line in range(first, first + len(lines)) if f"import_errors.py:{line}" in answer(CASES[name])]
    assert named
