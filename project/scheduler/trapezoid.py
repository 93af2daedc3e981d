"""Up, along and down in straight lines."""

from dataclasses import dataclass
from functools import partial
from typing import final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from .schedule import Schedule
from .warmup import Fraction, check_fractions, known, rise, steps_in


@final
@dataclass(frozen=True)
class Trapezoid(Schedule):
    """Linear warm-up, the full learning rate, and a linear way down (warmup-stable-decay, arXiv:2404.06395).

    Args:
        warmup: fraction of all steps spent rising. With W such steps, step t has (t + 1) / (W + 1) of the learning
            rate: the first step already learns, and step W is the first at the full rate.
        decay: fraction of all steps spent falling; 1 falls from the first step on.
        final: where the fall ends, as a fraction of the learning rate. It is reached after the last step, so that no
            step is spent at 0.

    Raises:
        ValueError: if a fraction is outside [0, 1], or `warmup` and `decay` together are more than the run.

    """

    warmup: Fraction = 0.0
    decay: Fraction = 0.2
    final: Fraction = 0.0

    def __post_init__(self) -> None:
        check_fractions(warmup=self.warmup, decay=self.decay, final=self.final)
        if self.warmup + self.decay > 1.0:
            raise ValueError(f"warmup={self.warmup}, decay={self.decay}: together they must be at most 1, the run.")

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LambdaLR:
        """Attach the schedule to a run that has an end."""
        total = known(total_steps)
        warmup = steps_in(self.warmup, total)
        # Both may have been rounded up.
        decay = min(steps_in(self.decay, total), total - warmup)
        plan = partial(_factor, warmup_steps=warmup, decay_steps=decay, total_steps=total, final=self.final)
        # LambdaLR saves the attributes of its callable, and a partial has none: the plan stays out of checkpoints.
        return LambdaLR(optimizer, plan)


def _factor(step: int, *, warmup_steps: int, decay_steps: int, total_steps: int, final: float) -> float:
    if step < total_steps - decay_steps:
        return rise(step, warmup_steps)
    return final + (1.0 - final) * max(0, total_steps - step) / max(1, decay_steps)
