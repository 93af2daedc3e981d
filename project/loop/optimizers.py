"""Optimizer steps as fast as the device takes them."""

from torch.distributed.tensor import DTensor
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

KERNELS = Adam, AdamW, SGD, Adagrad
SHARDED = Adam, AdamW
"""Those whose kernel takes parameters that are shared out over processes."""
DEVICES = "cpu", "cuda", "mps"
LOOKS = "_accelerator_graph_capture_health_check", "_cuda_graph_capture_health_check"
"""Methods in which torch, by its version, looks whether a step is being captured in a GPU's graph."""


def hurry(optimizer: Optimizer, sparse: bool) -> None:
    """Have it step by one kernel, where there is one, and without looks at devices that are not there.

    Args:
        optimizer: over parameters that are on their device already.
        sparse: whether gradients may be sparse, which no kernel takes.
    """
    if not sparse:
        _fuse(optimizer)
    if all(each.device.type == "cpu" for group in optimizer.param_groups for each in group["params"]):
        # Lightning asks torch to count GPUs without touching them, for which the driver is looked for at each step: a
        # tenth of a millisecond where there is none.
        vars(optimizer).update(dict.fromkeys(LOOKS, _nothing))


def _fuse(optimizer: Optimizer) -> None:
    """Fuse the groups that leave the choice to us: `fused=None`, which torch takes for no, out of caution."""
    parameters = (each for group in optimizer.param_groups for each in group["params"])
    shared_out = any(isinstance(each, DTensor) for each in parameters)
    if not isinstance(optimizer, SHARDED if shared_out else KERNELS):
        return
    for group in optimizer.param_groups:
        taken = any(group.get(name) for name in ("foreach", "differentiable", "capturable"))
        able = all(each.device.type in DEVICES and each.is_floating_point() for each in group["params"])
        if group.get("fused") is None and able and not taken:
            group["fused"] = True


def _nothing() -> None:
    """Look at nothing."""
