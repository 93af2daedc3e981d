"""What each process of a run has seen by itself, in the one checkpoint of all of them."""

from typing import Any, TypeVar, cast

from lightning.fabric.utilities import move_data_to_device
from torch import distributed

T = TypeVar("T")


def of_every_rank(state: T) -> T | list[T]:
    """The `state` of each process, all of which must call this; of a process alone its own.

    Args:
        state: tensors and primitives, in dicts and lists.
    """
    if not (distributed.is_initialized() and distributed.get_world_size() > 1):
        return state
    states: list[Any] = [None] * distributed.get_world_size()
    # Pickled on a device, it would come back to that of the process which it is from.
    distributed.all_gather_object(states, move_data_to_device(state, "cpu"))
    return states


def of_this_rank(states: object, otherwise: T) -> T:
    """The state of this process among `states`; `otherwise` where there were more or fewer processes."""
    ranks = distributed.get_world_size() if distributed.is_initialized() else 1
    held = cast("list[T]", states if isinstance(states, list) else [states])
    return held[distributed.get_rank() if ranks > 1 else 0] if len(held) == ranks else otherwise
