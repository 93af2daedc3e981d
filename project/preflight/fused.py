"""Attention as the run's device would compute it."""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode


class FusedAttention(TorchFunctionMode):
    """Leaves out dropout inside attention: shapes are the same without, and only so a CPU takes its fused kernel.

    With dropout it would keep every attention weight, which CUDA does not, and memory would be overestimated.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is scaled_dot_product_attention:
            args, kwargs = args[:4] + args[5:], kwargs | {"dropout_p": 0.0}
            if len(args) > 4:  # is_causal came by position
                args, kwargs = args[:4], kwargs | {"is_causal": args[4]}
        return func(*args, **kwargs)


def without_attention_dropout(module: nn.Module) -> None:
    """Do the same to torch's own attention layers, whose functions are closed to a mode."""
    for each in module.modules():
        if isinstance(each, nn.MultiheadAttention):
            each.dropout = 0.0
