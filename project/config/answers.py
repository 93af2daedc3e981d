"""The flags that ask for an answer and run nothing: `--help` and the shell's question for completion."""

import os
import sys
from argparse import Namespace

from rich.console import Console, RenderableType

from project.config.completion import completed
from project.config.help import help_page
from project.config.pages import gather

WIDTH = 100
"""Columns where there is no terminal."""


def answered(given: Namespace) -> bool:
    """Write the answer to a flag that asks for one; False when there is no such flag.

    Raises:
        ConfigError: help is asked for on something that there is not.
    """
    if given.help:
        _write(help_page(gather(), given.overrides))
        return True
    shell = [override.removeprefix("query=") for override in given.overrides if override.startswith("query=")]
    if given.shell_completion and shell:
        line = os.environ.get("COMP_LINE", "")
        words = completed(gather(), line[: int(os.environ.get("COMP_POINT") or len(line))])
        sys.stdout.write(("\n" if shell == ["fish"] else " ").join(words) + "\n")
        return True
    return False


def _write(page: RenderableType) -> None:
    console = Console()
    if console.is_terminal:
        console.print(page)
        return
    plain = Console(width=WIDTH, color_system=None)
    with plain.capture() as captured:
        plain.print(page)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
