"""One pass over data: how far it is, and how fast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

from torch import Tensor


@dataclass
class Phase:
    """One pass over data, and its clock."""

    name: str
    total: float
    begun: float = field(default_factory=monotonic)
    seconds: float = 0.0
    elsewhere: float = 0.0
    """Seconds of it that validations took."""
    batches: int = 0
    samples: int = 0
    validated: bool = False

    def count(self, batch: object) -> None:
        """Count a batch, and the examples in it."""
        self.batches += 1
        self.samples += _size(batch)

    def stop(self) -> None:
        """Stop the clock."""
        self.seconds = monotonic() - self.begun

    def speed(self, processes: int) -> str:
        """The examples a second, over all processes; empty when there is nothing to count."""
        working = (self.seconds or monotonic() - self.begun) - self.elsewhere
        return f"({processes * self.samples / working:.0f} samples/s)" if self.samples and working > 0 else ""


def _size(batch: object) -> int:
    """The examples in a batch: the length of its first tensor; 0 when it holds none."""
    while not isinstance(batch, Tensor):
        if isinstance(batch, tuple | list):
            batch = next(iter(cast("Sequence[object]", batch)), None)
        elif isinstance(batch, Mapping):
            batch = next(iter(cast("Mapping[object, object]", batch).values()), None)
        else:
            return 0
    return batch.shape[0] if batch.ndim else 1
