"""Training with the parameters, the gradients and the optimizer's state shared out over the processes."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, cast, final

from annotated_types import Ge
from lightning import Callback, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.strategies import ModelParallelStrategy, ParallelStrategy, Strategy
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

_STEPS = "training_step", "validation_step", "test_step", "predict_step"


@final
class FSDP(ModelParallelStrategy):
    """torch's `fully_shard` (FSDP2), on CUDA devices and on CPUs.

    Lightning has the first FSDP, for GPUs alone, and leaves the sharding by the second to each model. Here layers that
    are large enough are gathered and freed one after another, and what is left of the loop with the first of them.
    Checkpoints are those of a single process, whole and in one file, so that each kind of run goes on from the other's.

    Args:
        min_num_params: parameters of a layer, in an `nn.Sequential` or `nn.ModuleList`, that is gathered apart.
    """

    excludes: ClassVar[tuple[type[Callback], ...]] = (WeightAveraging,)
    """Which would hold all of the parameters."""

    def __init__(self, min_num_params: Annotated[int, Ge(1)] = 1_000_000) -> None:
        super().__init__(save_distributed_checkpoint=False)
        self.min_num_params = min_num_params

    @property
    def restore_checkpoint_after_setup(self) -> bool:
        """Not after it, which would be too late for callbacks that prepare for a resumed fit."""
        return False

    @property
    def lightning_restore_optimizer(self) -> bool:
        """By `load_optimizer_state_dict`."""
        return True

    def setup_environment(self) -> None:
        """Join the other processes; all of them share the data and the parameters."""
        self._data_parallel_size, self._tensor_parallel_size = self.num_nodes * self.num_processes, 1
        super().setup_environment()

    def setup(self, trainer: Trainer) -> None:
        """Shard the loop, and build the optimizer of what is left here.

        Raises:
            MisconfigurationException: a callback is one of those that it `excludes`.
        """
        if any(isinstance(callback, self.excludes) for callback in trainer.callbacks):  # type: ignore[attr-defined]
            raise MisconfigurationException("fsdp does not go with a callback that averages the weights, such as ema")
        ParallelStrategy.setup(self, trainer)

    def model_to_device(self) -> None:
        """Shard what is not sharded yet, which moves it a part at a time."""
        loop = self.lightning_module
        assert loop is not None
        if not isinstance(loop, FSDPModule):
            if self._layer_sync:
                self._layer_sync.apply(loop)
            mesh = self.device_mesh["data_parallel"]
            _shard_layers(loop, mesh, self.min_num_params)
            fully_shard(loop, mesh=mesh)
            for step in _STEPS:
                register_fsdp_forward_method(loop, step)
        loop.to(self.root_device)

    def on_validation_start(self) -> None:
        """Validate what is going to be saved: the buffers, such as the means of a batch norm, of the first process."""
        assert self.lightning_module is not None
        for buffer in self.lightning_module.buffers():
            distributed.broadcast(buffer, src=0)

    # Checkpoints

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """The whole weights, on the CPU of the first process; nothing on the others."""
        return self._gathered(Strategy.lightning_module_state_dict(self))

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Any]:
        """Likewise."""
        return self._gathered(Strategy.optimizer_state(self, optimizer))

    def load_model_state_dict(self, checkpoint: Mapping[str, Any], strict: bool = True) -> None:
        """Take this process's share of whole weights, or all of them before the loop is sharded."""
        loop = self.lightning_module
        assert loop is not None
        own: dict[str, Tensor] = loop.state_dict()
        weights: dict[str, Tensor] = checkpoint["state_dict"]
        shares = {name: _share(value, own.get(name)) for name, value in weights.items()}
        loop.load_state_dict(shares, strict=strict)

    def load_optimizer_state_dict(self, checkpoint: Mapping[str, Any]) -> None:
        """Likewise, of an optimizer's state."""
        for optimizer, state in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            # By their numbers, as any optimizer's state is.
            parameters: list[Tensor] = [each for group in optimizer.param_groups for each in group["params"]]
            held: dict[int, dict[str, Any]] = state["state"]
            shares = {
                number: {name: _share(value, parameters[number]) for name, value in values.items()}
                for number, values in held.items()
            }
            # A kernel may take whole parameters alone.
            groups = [
                {**saved, **({"fused": group["fused"]} if "fused" in group else {})}
                for saved, group in zip(state["param_groups"], optimizer.param_groups, strict=True)
            ]
            optimizer.load_state_dict({"state": shares, "param_groups": groups})

    save_checkpoint = Strategy.save_checkpoint
    load_checkpoint = Strategy.load_checkpoint

    def _gathered(self, state: dict[str, Any]) -> dict[str, Any]:
        whole: dict[str, Any] = _each_tensor(state, self._whole)
        return whole if self.is_global_zero else {}

    def _whole(self, value: Tensor) -> Tensor | None:
        if not isinstance(value, DTensor):
            return value
        whole = value.full_tensor()  # by all processes together
        return whole.cpu() if self.is_global_zero else None


def _shard_layers(module: nn.Module, mesh: DeviceMesh, least: int) -> int:
    """Shard the large layers inside, and return how many parameters are left to the module around them."""
    left = sum(parameter.numel() for parameter in module.parameters(recurse=False))
    for child in module.children():
        inside = _shard_layers(child, mesh, least)
        # What else a module holds it may use without calling it, as attention does with its last projection.
        is_layer = isinstance(module, nn.Sequential | nn.ModuleList) and type(child).forward is not nn.Module.forward
        if inside >= least and is_layer and not isinstance(child, FSDPModule):
            fully_shard(child, mesh=mesh)
            inside = 0
        left += inside
    return left


def _share(value: Any, like: Tensor | None) -> Any:
    """What this process holds of a tensor that is shared out as `like` is, in whatever shape."""
    if not (isinstance(value, Tensor) and isinstance(like, DTensor) and value.ndim and value.numel() == like.numel()):
        return value
    local = value.to(like.device)
    # Each process has read all of it.
    return distribute_tensor(local, like.device_mesh, like.placements, src_data_rank=None)


def _each_tensor(held: object, change: Callable[[Tensor], Tensor | None]) -> Any:
    """`held` with every tensor in nested dicts changed."""
    if isinstance(held, Tensor):
        return change(held)
    if isinstance(held, dict):
        return {key: _each_tensor(item, change) for key, item in cast("dict[str, object]", held).items()}
    return held
