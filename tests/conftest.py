"""What all tests share."""

import difflib
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Generator
from importlib import import_module
from pathlib import Path

import pytest

# Workers with as many threads each as the machine has cores spend most of their time in waiting for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Ray's own are nicer than all others, and get next to nothing of a machine that is busy with other tests.
os.environ.setdefault("RAY_worker_niceness", "0")

MINUTES = (
    *("test_checks.py", "test_kills.py", "test_lines_as_typed.py", "test_right_lines.py", "test_search.py"),
    *("test_slurm.py", "test_sweeps_killed.py", "test_train.py"),
)
"""Files of few tests that take long."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew instead of comparing")


def pytest_sessionstart() -> None:
    # A shell has them ignored by what it runs in the background, and so would every process that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(trylast=True)  # of those that are chosen
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Or one worker would be left with them at the end, since it is given the next file before it has done with one.
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name not in MINUTES, -tests[item.path]))


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


@pytest.fixture
def nothing_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget which components an earlier test of this process has found to be right."""
    # By its name, since a function of that name is in the package.
    monkeypatch.setattr(import_module("project.config.check"), "_sound", set[str]())


@pytest.fixture
def two_threads() -> Generator[None]:
    """Have torch compute with two threads, as it does on a machine of two cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run of two epochs."""
    from in_process import SMALL, run

    return run(tmp_path_factory.mktemp("small_run"), *SMALL, "trainer.max_epochs=2")


@pytest.fixture
def damaged(small_run: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(small_run, tmp_path / "damaged")
