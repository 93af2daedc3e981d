"""Going on in the middle of an epoch, with no loader state in the checkpoint.

The order of an epoch is known from (seed, epoch), and Lightning's own progress says how much of it was trained on.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import torch
from lightning.pytorch import Trainer
from torch.utils.data import DataLoader

from .batches import EpochOrder, LabelledImages, as_is

T_co = TypeVar("T_co", covariant=True)


class StatelessLoader(DataLoader[T_co]):
    """A DataLoader that needs no saved state to resume, and says so in the way that Lightning asks.

    Without these methods Lightning warns that a run resumed in the middle of an epoch is unreliable.
    """

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the sampler knows where to go on."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load nothing."""

    def whole(self, device: torch.device, begin: int) -> Iterator[Any] | None:
        """The batches of the epoch from number `begin` on, on `device`; None where they are made one by one."""
        untyped: Any = self  # torch leaves the types of its parts open
        data, order, size = untyped.dataset, untyped.sampler, self.batch_size
        known = isinstance(data, LabelledImages) and isinstance(order, EpochOrder) and untyped.collate_fn is as_is
        if not known or size is None or self.num_workers:
            return None
        batches: Iterator[Any] = data.batches(order.indices()[begin * size :], size, device)
        return batches


def position(trainer: Trainer) -> tuple[int, int]:
    """(epoch, batches): where training goes on, by the progress that a checkpoint has just restored.

    Asked for when the loader is made: its workers fetch the first batches before Lightning has told the epoch.
    """
    fit = trainer.fit_loop
    epochs: Any = fit.epoch_progress.current
    batches: Any = fit.epoch_loop.batch_progress
    if not fit.restarting or epochs.started == epochs.processed:
        return epochs.processed, 0
    if batches.is_last_batch:
        # Saved after the last batch, before the epoch was counted.
        return epochs.processed + 1, 0
    return epochs.processed, batches.current.processed
