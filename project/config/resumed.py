"""`resume=true` on the command line of a run: the directory that it goes on in."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from project.config.command import arguments
from project.config.job import identity
from project.config.quote import quoted
from project.config.sources import parsed

OUTPUTS = "outputs"
"""Below which Hydra makes a directory for each run, as DATE/TIME."""


def resumed(argv: Sequence[str], configs: Sequence[Any]) -> list[str]:
    """`argv` with the directory of the newest run of the same config, of those that are not finished if there is one.

    A directory that is given stays, and the jobs of a sweep find theirs by themselves.
    """
    given = arguments(list(argv))
    if len(configs) != 1 or given.multirun or not configs[0].get("resume"):
        return list(argv)
    if any(item.key_or_group == "hydra.run.dir" for item in parsed(given.overrides)):
        return list(argv)
    wanted = identity(configs[0])
    alike = [directory for directory, known in _runs(Path(OUTPUTS)) if known == wanted]
    if not alike:
        return list(argv)
    unfinished = [directory for directory in alike if not (directory / "results.json").is_file()]
    return [*argv, f"hydra.run.dir={quoted(str((unfinished or alike)[-1]))}"]


def _runs(outputs: Path) -> Iterator[tuple[Path, str]]:
    """Every run below, oldest first, with its identity."""
    for file in sorted(outputs.glob("*/*/provenance.json")):
        try:
            record: dict[str, Any] = json.loads(file.read_text())
        except (OSError, json.JSONDecodeError):
            continue
        yield file.parent, str(record.get("identity", ""))
