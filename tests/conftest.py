"""What all tests share."""

import difflib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from in_process import SMALL, run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or write that file when asked to."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        expected = path.read_text()
        changes = difflib.unified_diff(expected.splitlines(), text.splitlines(), str(path), "now", lineterm="")
        assert text == expected, "\n".join(changes)

    return compare


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run of two epochs."""
    return run(tmp_path_factory.mktemp("trained"), *SMALL, "trainer.max_epochs=2")


@pytest.fixture
def damaged(trained: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return shutil.copytree(trained, tmp_path / "damaged")
