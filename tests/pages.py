"""The pages, and what in them can be tried: Python, command lines, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN = "outputs/2026-11-23/18-54-45-850275"
"""The directory of an earlier run, wherever a page needs one."""
OWN = "mine.py"
"""The file in which the pages put a reader's own classes."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"^# (\S+\.py)(?:, (at the top|in \w+))?\n", re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:\S+ )*?(train\.py|configs\.py|-m project\.\w+)(?= |$)(.*)$", re.MULTILINE)


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
            yield Line(page, program.removeprefix("-m "), re.sub(r"\s#\s.*", "", arguments).strip())


def there(piece: Piece) -> bool:
    """Whether the repository holds the piece, word for word."""
    return bool(piece.file) and (ROOT / piece.file).is_file() and piece.text in (ROOT / piece.file).read_text()


PIECES = [piece for page in PAGES for piece in pieces(page)]
LINES = [line for page in PAGES for line in lines(page)]
