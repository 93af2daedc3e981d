"""One learning rate from beginning to end."""

from dataclasses import dataclass
from functools import partial
from typing import final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from .schedule import Schedule
from .warmup import Fraction, check_fractions, rise, steps_in


@final
@dataclass(frozen=True)
class Constant(Schedule):
    """The optimizer's own learning rate, after a linear warm-up if one is asked for.

    Args:
        warmup: fraction of all steps spent rising. With W such steps, step t has (t + 1) / (W + 1) of the learning
            rate: the first step already learns, and step W is the first at the full rate.

    Raises:
        ValueError: if `warmup` is outside [0, 1].

    """

    warmup: Fraction = 0.0

    def __post_init__(self) -> None:
        check_fractions(warmup=self.warmup)

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LambdaLR:
        """Attach the schedule; a run without an end is fine as long as there is no warm-up."""
        # LambdaLR saves the attributes of its callable, and a partial has none: the plan stays out of checkpoints.
        return LambdaLR(optimizer, partial(rise, warmup_steps=steps_in(self.warmup, total_steps)))
