"""Going on in the middle of an epoch, with no loader state in the checkpoint.

The order of an epoch is known from (seed, epoch), and Lightning's own progress says how much of it was trained on.
"""

from typing import Any, TypeVar

from lightning.pytorch import Trainer
from torch.utils.data import DataLoader

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
