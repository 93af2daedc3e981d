"""How Lightning calls the steps of a loop, and what it makes of their results."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from lightning import LightningModule
from torch import Tensor


def overridden(loop: LightningModule, name: str) -> bool:
    """Whether the loop has a step of its own."""
    return getattr(type(loop), name) is not getattr(LightningModule, name)


def call(step: Callable[..., object], batch: object) -> Any:
    """Call a step with as many of batch, batch_idx and dataloader_idx as it must have."""
    parameters = inspect.signature(step).parameters.values()
    needed = sum(each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)
    least = 2 if any(each.kind is each.VAR_POSITIONAL for each in parameters) else 1
    return step(batch, *[0] * (max(needed, least) - 1))


def minimized(output: object) -> Tensor | None:
    """The loss in what a training step returned, or None if the batch is to be skipped.

    Raises:
        TypeError: if there is neither.

    """
    loss = cast("Mapping[str, object]", output).get("loss") if isinstance(output, Mapping) else output
    if loss is None or isinstance(loss, Tensor):
        return loss
    raise TypeError(f"training_step must return a tensor, a dict with a tensor at 'loss', or None, not {type(loss)}")
