"""Optimizer steps in one kernel, where the device has one."""

from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

KERNELS = Adam, AdamW, SGD, Adagrad
DEVICES = "cpu", "cuda", "mps"


def fuse(optimizer: Optimizer) -> None:
    """Have the parameter groups that leave the choice open stepped by one kernel, which is the fastest on any device.

    torch leaves `fused=None` unfused, out of caution. Groups with `foreach`, `differentiable` or sparse gradients to
    come, for which there is no kernel, are left as they are.
    """
    if not isinstance(optimizer, KERNELS):
        return
    for group in optimizer.param_groups:
        taken = any(group.get(name) for name in ("foreach", "differentiable", "capturable"))
        able = all(each.device.type in DEVICES and each.is_floating_point() for each in group["params"])
        if group.get("fused") is None and able and not taken:
            group["fused"] = True
