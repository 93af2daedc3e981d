"""The optimizer and the schedulers that a loop configures, in any of the forms that Lightning takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau


@dataclass
class Configured:
    """What `configure_optimizers` returned, taken apart."""

    optimizers: list[Optimizer] = field(default_factory=list[Optimizer])
    schedulers: list[LRScheduler] = field(default_factory=list[LRScheduler])

    def __post_init__(self) -> None:
        for scheduler in self.schedulers:
            if not callable(getattr(scheduler, "step", None)):
                raise TypeError(f"configure_optimizers gave {type(scheduler).__name__} as a learning-rate scheduler")
        for optimizer in self.optimizers:
            if not callable(getattr(optimizer, "step", None)):
                raise TypeError(f"configure_optimizers gave {type(optimizer).__name__} as an optimizer")

    @classmethod
    def of(cls, result: object) -> "Configured":
        """Take apart None, an optimizer, a dict, several of these, or a pair of lists."""
        if result is None:
            return cls()
        if isinstance(result, Mapping):
            return _of_dict(cast("Mapping[str, Any]", result))
        if not isinstance(result, Sequence):
            return cls([cast("Optimizer", result)])
        items = cast("Sequence[object]", result)
        if len(items) == 2 and all(isinstance(item, list | tuple) for item in items):
            optimizers, schedulers = cast("tuple[Sequence[Optimizer], Sequence[object]]", tuple(items))
            return cls(list(optimizers), [_scheduler(each) for each in schedulers])
        parts = [cls.of(item) for item in items]
        return cls([each for part in parts for each in part.optimizers], [e for part in parts for e in part.schedulers])

    def step_schedulers(self) -> None:
        """Step each scheduler as after a step or an epoch."""
        for scheduler in self.schedulers:
            if isinstance(scheduler, ReduceLROnPlateau):
                cast("Any", scheduler).step(0.0)
            else:
                scheduler.step()

    def state(self) -> list[Tensor]:
        """Every tensor that an optimizer keeps from step to step."""
        values = [value for each in self.optimizers for state in each.state.values() for value in state.values()]
        return [value for value in values if isinstance(value, Tensor)]


def _of_dict(result: Mapping[str, Any]) -> Configured:
    scheduler = result.get("lr_scheduler")
    return Configured([result["optimizer"]], [] if scheduler is None else [_scheduler(scheduler)])


def _scheduler(entry: object) -> LRScheduler:
    if isinstance(entry, Mapping):
        return cast("Mapping[str, LRScheduler]", entry)["scheduler"]
    return cast("LRScheduler", entry)
