"""Any scheduler of torch's that counts epochs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from .schedule import Interval, Schedule


@final
@dataclass(frozen=True)
class PerEpoch(Schedule):
    """A scheduler of torch's such as StepLR, stepped once an epoch; it keeps its own state in checkpoints.

    Args:
        factory: builds the scheduler from the optimizer.

    """

    factory: Callable[[Optimizer], LRScheduler]

    interval: ClassVar[Interval] = "epoch"

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LRScheduler:
        """Build the scheduler, which does not look at the length of the run.

        Raises:
            ValueError: for ReduceLROnPlateau, which must be stepped with a metric.

        """
        scheduler = self.factory(optimizer)
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError("ReduceLROnPlateau waits for a metric, and PerEpoch hands it none: choose Plateau.")
        return scheduler
