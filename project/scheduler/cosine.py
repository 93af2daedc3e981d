"""Half a cosine from the full learning rate down."""

from dataclasses import dataclass
from functools import partial
from math import cos, pi
from typing import final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from .schedule import Schedule
from .warmup import Fraction, check_fractions, known, rise, steps_in


@final
@dataclass(frozen=True)
class Cosine(Schedule):
    """Linear warm-up, then half a cosine down to a fraction of the learning rate (SGDR, arXiv:1608.03983, no restarts).

    Args:
        warmup: fraction of all steps spent rising. With W such steps, step t has (t + 1) / (W + 1) of the learning
            rate: the first step already learns, and step W is the first at the full rate.
        final: where the cosine ends, as a fraction of the learning rate. It is reached after the last step, so that
            no step is spent at 0.

    Raises:
        ValueError: if `warmup` or `final` is outside [0, 1].

    """

    warmup: Fraction = 0.0
    final: Fraction = 0.0

    def __post_init__(self) -> None:
        check_fractions(warmup=self.warmup, final=self.final)

    def __call__(self, optimizer: Optimizer, total_steps: int | None) -> LambdaLR:
        """Attach the schedule to a run that has an end."""
        total = known(total_steps)
        plan = partial(_factor, warmup_steps=steps_in(self.warmup, total), total_steps=total, final=self.final)
        # LambdaLR saves the attributes of its callable, and a partial has none: the plan stays out of checkpoints.
        return LambdaLR(optimizer, plan)


def _factor(step: int, *, warmup_steps: int, total_steps: int, final: float) -> float:
    if step < warmup_steps:
        return rise(step, warmup_steps)
    if step >= total_steps:
        return final
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return final + (1.0 - final) * (1.0 + cos(pi * progress)) / 2.0
