"""What came of a run, in one file that a person and a program can read."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from torch import Tensor


@dataclass(frozen=True)
class Results:
    """The outcome of a run.

    Args:
        monitor: the name of the value that chose the best checkpoint.
        value: its best value; NaN when it was never logged.
        test: the metrics of the best checkpoint on the test data.
        validation: the metrics of the last validation.
        checkpoint: the best checkpoint; empty when none was saved.
        data: where the data came from.
        epochs: how many were finished.
        steps: optimizer steps taken.
    """

    monitor: str
    value: float
    checkpoint: str
    data: str
    epochs: int
    steps: int
    validation: Mapping[str, float] = field(default_factory=dict[str, float])
    test: Mapping[str, float] = field(default_factory=dict[str, float])

    def write(self, directory: Path) -> Path:
        """Write `results.json`, whole or not at all."""
        path, draft = directory / "results.json", directory / ".results.json"
        directory.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        return draft.replace(path)


def floats(metrics: Mapping[str, Tensor | float], phase: str = "") -> dict[str, float]:
    """Logged metrics as plain numbers, those of `phase` alone."""
    return {name: float(value) for name, value in metrics.items() if name.startswith(phase)}
