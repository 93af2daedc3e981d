"""The first moments of a program: what its snapshot can answer is answered, and nothing else is imported."""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from project.manual import Pages, complete, explain
from project.problem import ConfigError
from project.snapshot import Snapshot, Watch, aside, holds_secret, keep, kept

SHELLS = {f"query={shell}": shell for shell in ("bash", "fish")}
RANKS = "RANK", "LOCAL_RANK", "SLURM_PROCID"


class Door:
    """Stands before the imports of a program, and ends it where it can answer.

    Args:
        script: the program's file.
    """

    def __init__(self, script: str) -> None:
        gc.disable()  # nothing that is imported is garbage
        self.script = script
        snapshot = kept(script)
        self._watch = Watch() if snapshot is None else None
        if snapshot is not None and (status := answered(snapshot, sys.argv[1:])) is not None:
            sys.exit(status)

    def keep(self, take: Callable[[], tuple[Mapping[str, Any], Iterable[str]]]) -> None:
        """After the imports, keep a snapshot of what they came to, unless there is one, beside what comes next.

        Args:
            take: gives its parts, and the files of installed packages whose line numbers they tell.
        """
        gc.freeze()
        gc.enable()
        if self._watch is None:
            return
        self._watch.stop()
        with aside() as here:
            if here:
                parts, definitions = take()
                key = self._watch.key(definitions)
                if key is not None and not holds_secret(json.dumps(parts)):
                    keep(self.script, key, parts)


def answered(snapshot: Snapshot, argv: Sequence[str]) -> int | None:
    """Answer a command line by a snapshot.

    Returns:
        The status to end with; None where there is no answer, and nothing has been written.
    """
    try:
        if len(argv) == 2 and argv[0] in {"-sc", "--shell_completion"} and argv[1] in SHELLS:
            complete(Pages.of(snapshot["pages"]), SHELLS[argv[1]])
            return 0
        if (topics := _topics(argv)) is not None:
            explain(Pages.of(snapshot["pages"]), topics)
            return 0
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if any(name in os.environ for name in RANKS) or set(argv) <= _choices(snapshot["pages"]):
        return None
    from project.config.kept.answer import answered as reviewed  # which takes Hydra

    return reviewed(snapshot["review"], list(argv)) if "review" in snapshot else None


def _choices(pages: Mapping[str, Any]) -> set[str]:
    """Overrides that choose an option, which cannot be wrong by themselves: such a line is left to the classes."""
    groups = (group for group in pages["groups"] if not group["many"])
    return {f"{group['name']}={option['name']}" for group in groups for option in group["options"]}


def _topics(argv: Sequence[str]) -> list[str] | None:
    """What help is asked for on; None where a command line is no such question, or an unusual one."""
    topics = [word for word in argv if word not in {"--help", "-h"}]
    together = argv[1:] == topics or argv[:-1] == topics
    return topics if together and len(topics) < len(argv) and not any(it.startswith("-") for it in topics) else None
