"""A few examples out of any number."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

# B = batch


class Top(Metric):
    """Keeps the `k` examples with the highest scores, over all batches and all ranks.

    Args:
        k: how many.
        names: of what is kept of each example.

    """

    full_state_update = False

    def __init__(self, k: int, *names: str) -> None:
        super().__init__()
        self.k, self.names = k, ("score", *names)
        metric: Any = self  # `add_state` takes a list of it does not say what
        for name in self.names:
            metric.add_state(name, default=list[Tensor](), dist_reduce_fx="cat")

    def update(self, score: Tensor, **rows: Tensor) -> None:
        """Add a batch: the scores (B,), and (B, ...) of whatever is kept."""
        best = score.topk(min(self.k, len(score))).indices
        given = {"score": score, **rows}
        kept = {name: [*getattr(self, name), given[name][best]] for name in self.names}
        for name, value in _highest(kept, self.k).items():
            setattr(self, name, [value])

    def compute(self) -> dict[str, Tensor]:
        """The examples kept, the highest score first."""
        return _highest({name: getattr(self, name) for name in self.names}, self.k)


def _highest(rows: dict[str, Any], k: int) -> dict[str, Tensor]:
    # After a synchronization a state is one tensor.
    whole = {name: value if isinstance(value, Tensor) else torch.cat(value) for name, value in rows.items()}
    best = whole["score"].topk(min(k, len(whole["score"]))).indices
    return {name: value[best] for name, value in whole.items()}
