"""A snapshot is trusted as long as importing everything anew would come to the same, and no longer."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from project.snapshot import holds_secret
from project.snapshot.file import place

ROOT = Path(__file__).parents[2]
GRAIN_S = 0.1
"""What is written less long before a start may have been written after it."""


class Program:
    """A copy of `program.py` in a folder of its own, and what its catalogue says."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder / "program", folder / "cache"
        self.environment = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(self.cache)}
        self.folder.mkdir()
        shutil.copy(Path(__file__).with_name("program.py"), self.folder)
        self.write("catalogue.py", "TOLD = 1")

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def start(self, *flags: str, cwd: Path | None = None, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, *flags, str(self.folder / "program.py")]
        variables = os.environ | self.environment | environment
        return subprocess.Popen(command, cwd=cwd, env=variables, stdout=subprocess.PIPE, text=True)

    def says(self, *flags: str, cwd: Path | None = None, **environment: str) -> str:
        time.sleep(GRAIN_S)
        said, _ = self.start(*flags, cwd=cwd, **environment).communicate()
        return said

    def files(self) -> list[Path]:
        return list(self.cache.rglob("*.json*"))


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_the_second_start_imports_nothing(program: Program, tmp_path: Path) -> None:
    assert program.says() == "imported 1"
    assert program.says() == "kept 1"
    assert program.says(cwd=tmp_path) == "kept 1"


CHANGES: dict[str, tuple[str, Callable[[Program], object]]] = {
    "another text of the same size": ("TOLD = 1", lambda it: it.write("catalogue.py", "TOLD = 2")),
    "a module that was looked for in vain": (
        "try:\n    from extra import TOLD\nexcept ImportError:\n    TOLD = 1",
        lambda it: it.write("extra.py", "TOLD = 2"),
    ),
    "a part of a package that was looked for in vain": (
        "try:\n    from package.extra import TOLD\nexcept ImportError:\n    TOLD = 1",
        lambda it: it.write("package/extra.py", "TOLD = 2"),
    ),
    "a module that hides an installed one": (
        "import annotated_types; TOLD = getattr(annotated_types, 'MINE', 1)",
        lambda it: it.write("annotated_types.py", "MINE = 2"),
    ),
    "a package that hides a module": (
        "from helper import TOLD",
        lambda it: it.write("helper/__init__.py", "TOLD = 2"),
    ),
    "a file that is read": (
        "from pathlib import Path; TOLD = int(Path(__file__).with_name('data.txt').read_text())",
        lambda it: it.write("data.txt", "2"),
    ),
    "a folder that is listed": (
        "from pathlib import Path; TOLD = len(list(Path(__file__).with_name('package').iterdir()))",
        lambda it: it.write("package/b.txt", ""),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_an_import_depends_on_is_noticed_when_it_changes(change: str, program: Program) -> None:
    text, make = CHANGES[change]
    for name, content in {"package/__init__.py": "", "data.txt": "1", "helper.py": "TOLD = 1"}.items():
        program.write(name, content)
    program.write("catalogue.py", text)
    before = program.says(PYTHONDONTWRITEBYTECODE="1").split()[1]
    assert program.says() == f"kept {before}"
    make(program)
    assert program.says(PYTHONDONTWRITEBYTECODE="1") == f"imported {int(before) + 1}"


def test_a_file_that_is_moved_in_with_its_old_times_is_noticed(program: Program) -> None:
    other = program.folder / "other.py"
    other.write_text("TOLD = 2")
    shutil.copystat(program.folder / "catalogue.py", other)
    assert program.says() == "imported 1"
    other.replace(program.folder / "catalogue.py")
    assert program.says() == "imported 2"


def test_a_variable_that_a_source_reads_counts_and_no_other(program: Program) -> None:
    program.write("catalogue.py", "import os; TOLD = os.environ.get('MINE', 1)")
    assert program.says() == "imported 1"
    assert program.says(OTHER="3") == "kept 1"
    assert program.says(MINE="2") == "imported 2"
    assert program.says(MINE="2") == "kept 2"
    assert program.says() == "imported 1"


def test_a_variable_counts_as_it_was_when_it_was_read(program: Program) -> None:
    program.write("catalogue.py", "import os; TOLD = os.environ.get('MINE', 1); os.environ['MINE'] = '2'")
    assert program.says() == "imported 1"
    assert program.says() == "kept 1"


@pytest.mark.parametrize(
    "line", ["import os; dict(os.environ)", "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])"]
)
def test_what_cannot_be_followed_is_never_kept(line: str, program: Program) -> None:
    program.write("catalogue.py", f"{line}; TOLD = 1")
    assert [program.says(), program.says()] == ["imported 1", "imported 1"]


def test_a_source_that_is_written_while_it_is_imported_is_not_kept(program: Program) -> None:
    program.write("catalogue.py", "from pathlib import Path; TOLD = 1; Path(__file__).touch()")
    program.says()
    assert program.files() == []


def test_python_started_in_another_way_is_another_program(program: Program) -> None:
    program.write("catalogue.py", "TOLD = int(__debug__)")
    assert [program.says(), program.says("-O"), program.says(), program.says("-O")] == [
        *("imported 1", "imported 0"),
        *("kept 1", "kept 0"),
    ]


def test_another_search_path_is_another_program(program: Program, tmp_path: Path) -> None:
    assert program.says() == "imported 1"
    assert program.says(PYTHONPATH=f"{ROOT}{os.pathsep}{tmp_path}") == "imported 1"


def test_a_copy_of_a_checkout_has_a_snapshot_of_its_own(program: Program, tmp_path: Path) -> None:
    assert program.says() == "imported 1"
    (tmp_path / "copy").mkdir()
    copy = Program(tmp_path / "copy")
    copy.cache = program.cache
    copy.write("catalogue.py", "TOLD = 2")
    assert [copy.says(), program.says(), copy.says()] == ["imported 2", "kept 1", "kept 2"]


def test_writers_at_the_same_time_leave_one_whole_snapshot(program: Program) -> None:
    time.sleep(GRAIN_S)
    for process in [program.start() for _ in range(8)]:
        process.communicate()
    assert len(program.files()) == 1
    assert program.says() == "kept 1"


def test_where_nothing_can_be_written_everything_is_imported(program: Program) -> None:
    program.cache.write_text("no folder")
    assert [program.says(), program.says()] == ["imported 1", "imported 1"]


@pytest.mark.parametrize("text", ["", "{}", "[]\n", '{"traces": {"sources": 3}}', "\x00"])
def test_what_is_no_snapshot_is_not_read(text: str, program: Program) -> None:
    program.says()
    [file] = program.files()
    file.write_text(text)
    assert program.says() == "imported 1"
    assert program.says() == "kept 1"


def test_a_snapshot_is_readable_by_its_user_alone_and_holds_no_variable(program: Program) -> None:
    program.write("catalogue.py", "import os; TOLD = len(os.environ['MINE'])")
    program.says(MINE="a value of mine")
    [file] = program.files()
    assert file.stat().st_mode & 0o077 == 0
    assert "a value of mine" not in file.read_text()
    assert [line.partition("\t")[0] for line in file.read_text().splitlines()[1:]] == ["told"]
    json.loads(file.read_text().splitlines()[0])


def test_a_text_that_holds_a_secret_of_the_environment_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "s3cret-of-mine")
    assert holds_secret("{'key': 's3cret-of-mine'}")
    assert not holds_secret("{'key': 'another'}")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert place("train.py").is_relative_to(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert place("train.py").is_relative_to(Path.home() / ".cache")
