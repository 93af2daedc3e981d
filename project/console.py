"""Where a run says things: on the terminal in colour, in its log file as plain text."""

import logging
import sys
from io import StringIO
from typing import Final

from rich.console import Console, RenderableType

from project.rank import rank

WIDTH: Final = 120
"""Columns where there is no terminal: in files, under Slurm, in CI."""


def show(said: RenderableType) -> None:
    """Print to the terminal, or as plain text to where the output goes; and to every log file; in the first process."""
    if rank():
        return
    write(said)
    record = logging.makeLogRecord({"name": __name__, "levelno": logging.INFO, "levelname": "INFO", "msg": plain(said)})
    for handler in logging.root.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(record)


def write(said: RenderableType, width: int = WIDTH) -> None:
    """Print to the terminal; or where there is none as plain text, no line of it longer than `width`."""
    console = Console()
    if console.is_terminal or console.is_jupyter:
        console.print(said)
    else:
        sys.stdout.write(f"{plain(said, width)}\n")


def plain(said: RenderableType, width: int = WIDTH) -> str:
    """`said` as text without colours, no line of it longer than `width`."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(said)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
