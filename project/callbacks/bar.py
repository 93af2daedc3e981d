"""A live bar on a terminal, above which log lines, warnings and prints pass unharmed."""

import logging
import sys
from contextlib import ExitStack
from math import isfinite
from typing import TextIO, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text


class Bar:
    """Tasks by name, one line each, drawn when `update` is called and by no thread of its own."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: ExitStack | None = None
        self._tasks = dict[str, TaskID]()

    def start(self, name: str, total: float) -> None:
        """Show a task, from zero if it is there already, and the bar itself when this is the first."""
        if self._open is None:
            self._begin()
        self.remove(name)
        known = total if isfinite(total) else None
        self._tasks[name] = self._rich.add_task(name, total=known, note=Text(""))
        self._rich.refresh()

    def update(self, name: str, done: int, note: str) -> None:
        """Draw how far a task is, and what there is to say of it."""
        # As Text, since a metric's name may look like rich's markup.
        self._rich.update(self._tasks[name], completed=done, note=Text(note, style="cyan"))
        self._rich.refresh()

    def remove(self, name: str) -> None:
        """Take a task's line away."""
        if name in self._tasks:
            self._rich.remove_task(self._tasks.pop(name))

    def stop(self) -> None:
        """Take the bar off the terminal and give the cursor back."""
        if self._open is not None:
            self._open.close()
            self._open = None
            self._tasks.clear()

    def _begin(self) -> None:
        self._rich = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=self._console,
            auto_refresh=False,
            transient=True,
            # A stream that goes elsewhere stays as it is.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
        )
        streams = sys.stdout, sys.stderr
        self._open = ExitStack()
        self._open.enter_context(self._rich)
        for before, now in zip(streams, (sys.stdout, sys.stderr), strict=True):
            for handler in _handlers(before):
                self._open.callback(handler.setStream, before)
                handler.setStream(now)


def _handlers(stream: TextIO) -> list["logging.StreamHandler[TextIO]"]:
    """The log handlers that write to `stream`: they keep it when it is redirected, and would write into the bar."""
    known = [logging.root, *logging.root.manager.loggerDict.values()]
    handlers = [handler for logger in known if isinstance(logger, logging.Logger) for handler in logger.handlers]
    streaming = [cast("logging.StreamHandler[TextIO]", it) for it in handlers if isinstance(it, logging.StreamHandler)]
    return [handler for handler in streaming if handler.stream is stream]
