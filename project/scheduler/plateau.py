"""Less whenever nothing improves."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, final

from annotated_types import Ge, Interval
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from .schedule import Interval as Stepped
from .schedule import Schedule


@final
@dataclass(frozen=True)
class Plateau(Schedule):
    """torch's ReduceLROnPlateau: multiplies the learning rate whenever a logged value has not improved for some epochs.

    Args:
        monitor: name of the value, such as `val/loss`.
        mode: whether it should be "max" or "min".
        factor: what the learning rate is multiplied by, above 0 and below 1.
        patience: epochs without improvement that are put up with.
        min_lr: no learning rate falls below it.

    Raises:
        ValueError: if `factor` is outside (0, 1), or `patience` or `min_lr` below 0.

    """

    monitor: str
    mode: Literal["min", "max"]
    factor: Annotated[float, Interval(gt=0, lt=1)] = 0.1
    patience: Annotated[int, Ge(0)] = 3
    min_lr: Annotated[float, Ge(0)] = 0.0

    interval: ClassVar[Stepped] = "epoch"

    def __post_init__(self) -> None:
        if not 0.0 < self.factor < 1.0:
            raise ValueError(f"factor={self.factor}: must be above 0 and below 1.")
        if min(self.patience, self.min_lr) < 0:
            raise ValueError(f"patience={self.patience}, min_lr={self.min_lr}: neither may be below 0.")

    @property
    def monitored(self) -> str:
        """`monitor`."""
        return self.monitor

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LRScheduler:
        """Attach the schedule, which does not look at the length of the run."""
        return ReduceLROnPlateau(
            optimizer, mode=self.mode, factor=self.factor, patience=self.patience, min_lr=self.min_lr
        )
