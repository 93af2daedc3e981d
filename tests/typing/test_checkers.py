"""While typing: mypy and pyright flag every planted mistake, and nothing that is right."""

from collections import Counter
from pathlib import Path

import checkers
import pytest
from checkers import Remark, Snippet
from once import once


@pytest.fixture(scope="session")
def remarks(tmp_path_factory: pytest.TempPathFactory) -> list[Remark]:
    """What both checkers say."""
    return checkers.load(once(lambda: checkers.dump(checkers.remarks()), "remarks.json", tmp_path_factory))


def at(snippet: Snippet, remarks: list[Remark]) -> dict[str, list[Remark]]:
    here = [remark for remark in remarks if (remark.file, remark.line) == (snippet.file, snippet.line)]
    return {checker: [remark for remark in here if remark.checker == checker] for checker in checkers.MISTAKES}


@pytest.mark.parametrize("snippet", checkers.snippets(), ids=str)
def test_both_checkers_flag_the_mistake(snippet: Snippet, remarks: list[Remark]) -> None:
    for checker, said in at(snippet, remarks).items():
        assert any(remark.of_a_mistake for remark in said), f"{checker} says {said} of {snippet.file}:{snippet.line}"


def test_no_checker_flags_a_line_without_a_mistake(remarks: list[Remark]) -> None:
    marked = {(snippet.file, snippet.line) for snippet in checkers.snippets()}
    assert [remark for remark in remarks if (remark.file, remark.line) not in marked] == []


def test_every_planted_mistake_has_a_name_of_its_own() -> None:
    names = Counter(map(str, checkers.snippets()))
    assert len(names) >= 70
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", checkers.RIGHT, ids=lambda path: path.stem)
def test_what_is_right_is_right_without_an_ignore(path: Path) -> None:
    text = path.read_text()
    assert not any(word in text for word in ("# type:", "# pyright:", "# noqa", "# ruff:", "# wrong", "cast("))
