"""What every schedule is."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

Interval = Literal["step", "epoch"]


class Schedule(ABC):
    """A learning rate over a run, still waiting for the optimizer and for the length of the run.

    A schedule is a function of its settings and of the step alone: its plan is not saved, so a run resumed with another
    length follows the plan for that length.

    Attributes:
        interval: whether the scheduler is stepped after every optimizer step or after every epoch.

    """

    interval: ClassVar[Interval] = "step"

    @property
    def monitored(self) -> str | None:
        """The logged value that the scheduler is stepped with; None if it looks at none."""
        return None

    @abstractmethod
    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LRScheduler:
        """Attach the schedule to an optimizer.

        Args:
            optimizer: its parameter groups' learning rates are the ones the schedule scales.
            total_steps: optimizer steps of the whole run; None if the run has no known end.

        Raises:
            ValueError: if the schedule needs an end and `total_steps` is None.

        """
