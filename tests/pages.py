"""The pages, and what in them can be tried: Python, command lines, links."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN = "outputs/2026-11-23/18-54-45-850275"
SWEEP = "multirun/2026-11-29/20-13-18-256293"
"""The directory of an earlier run, wherever a page needs one."""
OWN = "mine.py"
"""The file in which the pages put a reader's own classes."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"^# (\S+\.py)(?:, (at the top|in \w+))?\n", re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:\S+ )*?(train\.py|configs\.py|-m \w+\.\w+)(?= |$)(.*)$", re.MULTILINE)


class Piece(NamedTuple):
    """Python that a page shows, and where it stands or is to be put; without a file it stands alone."""

    page: Path
    file: str
    where: str
    text: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.page.name, self.file, self.where, self.text.split("(")[0].strip()[:40])))


class Line(NamedTuple):
    """A command line that a page shows: which program, and its arguments."""

    page: Path
    program: str
    arguments: str

    def __str__(self) -> str:
        return f"{self.page.name} {self.program} {self.arguments}"


def fences(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language; that of command lines and output is none."""
    return [text for tag, text in FENCE.findall(page.read_text()) if tag == language]


def pieces(page: Path) -> Iterator[Piece]:
    """The Python of a page, block by block, and within one file by file."""
    for block in fences(page, "python"):
        alone, *rest = PLACE.split(block)
        if alone:
            yield Piece(page, "", "", alone)
        for file, where, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            yield Piece(page, file, where or "", text)


def lines(page: Path) -> Iterator[Line]:
    """The command lines of a page, without their comments."""
    for block in fences(page, ""):
        for program, arguments in COMMAND.findall(block):
            yield Line(page, program.removeprefix("-m "), re.sub(r"""\s#\s.*|\)"$""", "", arguments).strip())


def there(piece: Piece) -> bool:
    """Whether the repository holds the piece, word for word."""
    return bool(piece.file) and (ROOT / piece.file).is_file() and piece.text in (ROOT / piece.file).read_text()


PIECES = [piece for page in PAGES for piece in pieces(page)]
LINES = [line for page in PAGES for line in lines(page)]


def extend(copy: Path, added: Iterable[Piece]) -> Path:
    """A copy of the repository to which a reader has added what pages tell him to."""
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".*", "outputs", "multirun", "data", "tests", "*.egg-info")
    )
    catalogue = (ROOT / "configs.py").read_text()
    for piece in added:
        if piece.file == OWN:
            with (copy / OWN).open("a") as own:
                own.write(f"{piece.text}\n\n")
        elif piece.where == "at the top":
            catalogue = catalogue.replace("\nfrom ", f"\n{piece.text}from ", 1)
        else:
            catalogue = _inserted(catalogue, piece)
    (copy / "configs.py").write_text(catalogue)
    return copy


def _inserted(catalogue: str, piece: Piece) -> str:
    """The catalogue with one more entry at the end of its group."""
    start = catalogue.index(f'    "{piece.where.removeprefix("in ")}",\n')
    end = catalogue.index("\n)\n", start) + 1
    return catalogue[:end] + piece.text + catalogue[end:]


def options(added: Iterable[Piece]) -> list[str]:
    """What chooses each option that pieces add, alone: `model=wide`, `callbacks=[top3]`."""
    found = [(piece.where.removeprefix("in "), piece.text) for piece in added if piece.where.startswith("in ")]
    names = [(group, name) for group, text in found for name in re.findall(r"^    (\w+)=conf", text, re.MULTILINE)]
    many = {"metrics": "accuracy,", "logger": "", "callbacks": "", "experiment": ""}  # accuracy is what is monitored
    return [f"{group}=[{many[group]}{name}]" if group in many else f"{group}={name}" for group, name in names]


def tried(copy: Path, **asked: list[str]) -> dict[str, str]:
    """What is wrong with each line in a copy of the repository; see `try_lines.py`."""
    script = Path(__file__).parent / "try_lines.py"
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=copy,
        env=environment,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answers


def mypy(copy: Path, *files: str) -> list[str]:
    """The errors that mypy finds in files of a copy."""
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), *files]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if ": error:" in line]
