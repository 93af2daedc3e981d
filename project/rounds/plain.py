"""The steps of optimizers and schedules without what torch wraps around them."""

import inspect
import sys
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.autograd import profiler
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

_OPTIMIZER, _SCHEDULER = (vars(sys.modules[each.__module__]) for each in (Optimizer, LRScheduler))
"""The modules that torch's wrappers of a step are from."""

_untyped: Any = torch
_KERNELS, _count = (_untyped._fused_adam_, _untyped._fused_adamw_), _untyped._foreach_add_
"""Those of Adam and of AdamW, and what counts their steps."""

Begun = tuple[dict[str, Any], list[Tensor], list[dict[str, Tensor]]]
"""A group, those of its parameters that have a gradient, and the state of each."""


@final
class PlainStep:
    """What a step of torch's own optimizers comes to while nobody listens to it.

    Around each step torch puts a label for its profiler, a look for hooks and guards against its compiler, which take
    as long as the kernel does for a small model.

    Args:
        of: whose step it is.
    """

    def __init__(self, of: Optimizer) -> None:
        own = vars(of)
        self._of: Any = of
        self._own = own
        self._patched = own.get("step")
        self._hooks = [own[f"_optimizer_step_{when}_hooks"] for when in ("pre", "post")]
        self._hooks += [_OPTIMIZER[f"_global_optimizer_{when}_hooks"] for when in ("pre", "post")]
        self._step = None if of.defaults.get("differentiable") else _unwrapped(of.step)
        self._adam = type(of) in (Adam, AdamW)
        # As a scheduler's wrapper does, for it to know that the optimizer's step came before its own.
        own["_opt_called"] = True

    @property
    def enough(self) -> bool:
        """Whether it may be taken: it is torch's own, and nobody listens."""
        listening = any(self._hooks) or profiler._is_profiler_enabled  # pyright: ignore[reportPrivateUsage]
        return self._step is not None and not listening and self._own.get("step") is self._patched

    def __call__(self) -> None:
        """Take it, by the gradients that are there."""
        assert self._step is not None
        begun = self._begun() if self._adam else None
        with torch.no_grad():
            if begun is None:
                self._step(self._of)
            else:
                for each in begun:
                    _adam_step(*each)

    def _begun(self) -> list[Begun] | None:
        """What Adam's kernel takes of each group; None where it may not, or a state is still to be made."""
        begun = list[Begun]()
        for group in self._of.param_groups:
            parameters = [each for each in group["params"] if each.grad is not None]
            states = [self._of.state[each] for each in parameters]
            plain = group["fused"] and not group["amsgrad"] and all(states)
            numbers = all(type(each) is float for each in (group["lr"], *group["betas"]))
            # The kernel takes those of one device and type at a time.
            if not plain or not numbers or len({(each.device, each.dtype) for each in parameters}) > 1:
                return None
            begun.append((group, parameters, states))
        return begun


def step_schedule(schedule: LRScheduler) -> None:
    """Do what its `step` does; with a rate that is a function of the step alone, without looking who calls."""
    own: dict[str, Any] = vars(schedule)
    groups: list[dict[str, Any]] = schedule.optimizer.param_groups
    plain = type(schedule) is LambdaLR and "step" not in own and own["_step_count"] > 1
    if not plain or any(isinstance(group["lr"], Tensor) for group in groups):
        schedule.step()
        return
    own["_step_count"] += 1
    step = own["last_epoch"] = own["last_epoch"] + 1
    rates = [base * factor(step) for base, factor in zip(own["base_lrs"], own["lr_lambdas"], strict=True)]
    for group, rate in zip(groups, rates, strict=True):
        group["lr"] = rate
    own["_last_lr"] = rates


def _adam_step(group: dict[str, Any], parameters: list[Tensor], states: list[dict[str, Tensor]]) -> None:
    if not parameters:
        return
    steps = [each["step"] for each in states]
    _count(steps, 1)
    beta1, beta2 = group["betas"]
    _KERNELS[group["decoupled_weight_decay"]](
        parameters,
        [each.grad for each in parameters],
        [each["exp_avg"] for each in states],
        [each["exp_avg_sq"] for each in states],
        [],
        steps,
        lr=group["lr"],
        beta1=beta1,
        beta2=beta2,
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        amsgrad=False,
        maximize=group["maximize"],
        grad_scale=None,
        found_inf=None,
    )


def _unwrapped(step: Any) -> Callable[[Optimizer], object] | None:
    """The function of torch's that is called in the end; None where it is another's, or computes gradients itself."""
    function: Any = getattr(step, "__func__", step)
    while _home(function) is _OPTIMIZER or _home(function) is _SCHEDULER:
        function = function.__wrapped__
    home = str(_home(function).get("__name__"))
    torchs = home.startswith("torch.optim.") and inspect.signature(function).parameters["closure"].default is None
    return function if torchs else None


def _home(function: Any) -> dict[str, Any]:
    """The names of the module that a function is written in, whatever it wraps."""
    home: dict[str, Any] = getattr(function, "__globals__", {})
    return home
