"""The linear warm-up that schedules share."""

from typing import Annotated

from annotated_types import Interval

Fraction = Annotated[float, Interval(ge=0, le=1)]
"""A share of the run, or of the learning rate."""


def steps_in(fraction: float, total_steps: int | None) -> int:
    """Whole steps in a fraction of a run."""
    if fraction == 0.0:
        return 0
    return round(fraction * known(total_steps))


def known(total_steps: int | None) -> int:
    """Length of a run that must have an end."""
    if total_steps is None:
        raise ValueError(
            "This schedule is a share of the whole run, and the run has no known end: set trainer.max_epochs, or "
            "trainer.max_steps where the data has no length, or choose a schedule without an end."
        )
    return total_steps


def rise(step: int, warmup_steps: int) -> float:
    """Learning rate factor while warming up: 1 / (warmup_steps + 1) at step 0, and 1 from `warmup_steps` on."""
    return min(1.0, (step + 1) / (warmup_steps + 1))


def check_fractions(**fractions: float) -> None:
    """Refuse whatever is not a share of something."""
    for name, value in fractions.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name}={value}: must be a fraction, from 0 to 1.")
