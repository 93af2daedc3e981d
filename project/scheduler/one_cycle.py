"""Up once, down once."""

from dataclasses import dataclass
from math import nextafter
from typing import Annotated, Any, final

from annotated_types import Gt
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from .schedule import Schedule
from .warmup import Fraction, check_fractions, known


@final
@dataclass(frozen=True)
class OneCycle(Schedule):
    """torch's OneCycleLR, with each parameter group's own learning rate as its peak (arXiv:1708.07120).

    Args:
        pct_start: fraction of all steps spent rising.
        div_factor: the first step has 1 / div_factor of the learning rate.
        final_div_factor: the last step has 1 / final_div_factor of the first step's.
        cycle_momentum: also move momentum, or Adam's first beta, from 0.95 to 0.85 and back, whatever the optimizer was
            given. Switch it off for optimizers that have neither.

    Raises:
        ValueError: if `pct_start` is outside [0, 1] or a factor is not above 0.

    """

    pct_start: Fraction = 0.3
    div_factor: Annotated[float, Gt(0)] = 25.0
    final_div_factor: Annotated[float, Gt(0)] = 1e4
    cycle_momentum: bool = True

    def __post_init__(self) -> None:
        check_fractions(pct_start=self.pct_start)
        if min(self.div_factor, self.final_div_factor) <= 0.0:
            raise ValueError(
                f"div_factor={self.div_factor}, final_div_factor={self.final_div_factor}: both must be above 0."
            )

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LRScheduler:
        """Attach the schedule to a run that has an end."""
        return _OneCycleLR(
            optimizer,
            max_lr=[group["lr"] for group in optimizer.param_groups],
            total_steps=known(total_steps),
            # torch divides by zero where the rise takes exactly one step.
            pct_start=nextafter(self.pct_start, 0.0),
            div_factor=self.div_factor,
            final_div_factor=self.final_div_factor,
            cycle_momentum=self.cycle_momentum,
        )


class _OneCycleLR(OneCycleLR):
    """Keeps the plan out of checkpoints; torch would raise as soon as a resumed run outgrows the saved one."""

    def state_dict(self) -> dict[str, Any]:
        return {
            key: value for key, value in super().state_dict().items() if key not in {"total_steps", "_schedule_phases"}
        }
