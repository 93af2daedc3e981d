"""The answers to `--help` and to the shell's question for completion, written to the terminal."""

import os
import sys
from collections.abc import Iterable

from project.manual.completion import completed
from project.manual.pages import Pages

WIDTH = 100
"""Columns where there is no terminal."""


def explain(pages: Pages, topics: Iterable[str]) -> None:
    """Write the help.

    Raises:
        ConfigError: it is asked for on something that there is not.
    """
    from rich.console import Console  # which takes longer than all that the shell waits for at Tab

    from project.manual.help import help_page

    page, console = help_page(pages, topics), Console()
    if console.is_terminal:
        console.print(page)
        return
    plain = Console(width=WIDTH, color_system=None)
    with plain.capture() as captured:
        plain.print(page)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def complete(pages: Pages, shell: str) -> None:
    """Write the words that the shell's line, up to the cursor, may go on with."""
    line = os.environ.get("COMP_LINE", "")
    words = completed(pages, line[: int(os.environ.get("COMP_POINT") or len(line))])
    sys.stdout.write(("\n" if shell == "fish" else " ").join(words) + "\n")
