"""The model computed faster and, but for rounding, to the same results: compiled, and laid out channels last."""

from typing import Any, Literal, final

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.strategies import ModelParallelStrategy
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

# B = batch, C = channels, H = height, W = width

Mode = Literal["reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"]
"""What `torch.compile` tries hardest; the first two keep CUDA graphs."""
GRAPHS = "reduce-overhead", "max-autotune"


def accelerate(trainer: Trainer, loop: LightningModule, compiled: bool | Mode, channels_last: bool) -> None:
    """Have the `model` of a loop compiled or laid out channels last, in whichever process the trainer runs it.

    Raises:
        MisconfigurationException: the loop has no module called `model`; or gradients are to be accumulated in CUDA
            graphs, which torch does not do: https://github.com/pytorch/pytorch/issues/169545.
    """
    parts: Any = trainer
    if not compiled and not channels_last:
        return
    if not isinstance(getattr(loop, "model", None), nn.Module):
        raise MisconfigurationException(f"compile and channels_last: {type(loop).__name__} has no module 'model'")
    if compiled in GRAPHS and parts.accumulate_grad_batches != 1:
        raise MisconfigurationException(
            f"compile={compiled} does not go with accumulate_grad_batches={parts.accumulate_grad_batches}: gradients"
            " lie in the memory of a CUDA graph, where the next batch overwrites them. compile=true has no graphs."
        )
    parts.callbacks.extend([ChannelsLast()] if channels_last else [])
    parts.callbacks.extend([Compiled(None if compiled is True else compiled)] if compiled else [])


@final
class Compiled(Callback):
    """Compiles the model in place by `nn.Module.compile`, so that the names in its checkpoints stay as they are.

    The loss, the metrics and the optimizer's step are left as they are. Each size of a batch, such as that of an
    epoch's last, is compiled by itself: a run that is resumed then computes as it would have without the interruption.

    Args:
        mode: of `torch.compile`; None for its default.
    """

    def __init__(self, mode: Mode | None = None) -> None:
        self.mode = mode
        self._done = False

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Compile it at its first call in this process; what is pickled is never compiled."""
        if self._done:
            return
        self._done = True
        torch.compiler.reset()  # or the models of a sweep's earlier jobs would count as versions of this one
        model: Any = pl_module.model
        model.compile(mode=self.mode, dynamic=False)
        if self.mode in GRAPHS:
            pl_module.register_forward_hook(_out_of_the_graph)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_done": False}


@final
class ChannelsLast(Callback):
    """Keeps kernels, and images on their way into the model, with the channels of a pixel beside each other.

    A shape stays (B, C, H, W). Convolutions of half precision are fastest so on GPUs with tensor cores:
    https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html. Checkpoints hold an optimizer's state
    as any run does.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Lay the model out; under FSDP, which shares out contiguous parameters, the images alone."""
        model: Any = pl_module.model
        if _lay_out not in model._forward_pre_hooks.values():
            model.register_forward_pre_hook(_lay_out)
        if not isinstance(trainer.strategy, ModelParallelStrategy):
            model.to(memory_format=torch.channels_last)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lay out an optimizer's state that was restored: a fused kernel goes through memory, whatever it holds."""
        for optimizer in trainer.optimizers:
            for parameter, state in optimizer.state.items():
                for name, value in state.items():
                    if isinstance(value, Tensor) and value.shape == parameter.shape:
                        state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Save the state for a run whose parameters are laid out as usual."""
        states = checkpoint.get("optimizer_states", [])
        checkpoint["optimizer_states"] = tree_map_only(Tensor, Tensor.contiguous, states)


def _lay_out(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        each.contiguous(memory_format=torch.channels_last) if isinstance(each, Tensor) and each.ndim == 4 else each
        for each in inputs
    )


def _out_of_the_graph(_: nn.Module, inputs: object, output: Any) -> Any:
    """A copy of what the graph's next replay overwrites: metrics keep the outputs of many batches."""
    return tree_map_only(Tensor, Tensor.clone, output)
