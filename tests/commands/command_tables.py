"""The tables of command lines, and the two ways to try one: in this process, or as a user types it."""

import gc
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import configs as configs  # the catalogue that the lines are about
from project.config import ConfigError
from project.config.launch import refuse_wrong_jobs

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TRAIN = ROOT / "train.py"

# Composing makes many small objects; looking through torch's among them again and again would take a third of the time.
gc.collect()
gc.freeze()


@dataclass(frozen=True)
class WrongLine:
    """A command line with mistakes, and the texts that name each of them and the way out."""

    line: str
    texts: tuple[str, ...]

    def __str__(self) -> str:
        return self.line


def wrong_lines() -> list[WrongLine]:
    """The table of `wrong.txt`: a line, then its texts, indented."""
    found: list[tuple[str, list[str]]] = []
    for line in _lines("wrong.txt"):
        if line.startswith(" "):
            found[-1][1].append(line.strip())
        else:
            found.append((line, []))
    return [WrongLine(line, tuple(texts)) for line, texts in found]


def right_lines() -> list[str]:
    """The table of `right.txt`."""
    return _lines("right.txt")


def answer(line: str) -> str:
    """What a command line is refused with, in the working directory as it is; empty when nothing is wrong with it."""
    try:
        refuse_wrong_jobs(shlex.split(line))
    except ConfigError as error:
        return str(error)
    return ""


@cache
def answer_anywhere(line: str) -> str:
    """`answer`, asked once: of a line that says nothing about the working directory."""
    return answer(line)


def typed(line: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """`python train.py LINE`, run in `directory`."""
    command = [sys.executable, str(TRAIN), *shlex.split(line)]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, encoding="utf-8")


def portable(text: str) -> str:
    """`text` without the places of this machine and the line numbers of files that change."""
    text = re.sub(r"/\S*/site-packages/(\S+?):\d+", r"\1:LINE", text)
    text = re.sub(rf"(?:{re.escape(str(ROOT))}/)?\b((?:project/\S+|configs)\.py):\d+", r"\1:LINE", text)
    return text.replace(f"{ROOT}/", "")


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
