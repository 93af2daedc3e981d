"""Steps of orthogonal matrices."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, final

import torch
from annotated_types import Ge
from torch import Tensor, optim
from torch.nn import Parameter
from torch.optim import Optimizer

from .groups import Decay, Momentum, Rate


@final
class Muon(Optimizer):
    """torch's Muon for matrices and convolution kernels, torch's AdamW for the rest: one optimizer, one learning rate.

    Muon replaces the momentum of a matrix by the nearest orthogonal one (https://kellerjordan.github.io/posts/muon).
    Its step is scaled to the size of AdamW's, so that AdamW's learning rates and weight decays suit both
    (arXiv:2502.16982). A kernel counts as the matrix of its output channels. The rest are parameters with fewer than
    two dimensions, or with a single row such as a class token: they do not decay. First and last layers are matrices
    here, since parameters come without names.

    Args:
        params: of the model, in any order and without names.
        lr: learning rate of both.
        weight_decay: of the matrices; times the learning rate, it is the share by which they shrink at each step.
        momentum: of the matrices, with Nesterov's look ahead.
        betas: of the rest; see AdamW.
        eps: of the rest; see AdamW.

    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: Rate = 1e-3,
        weight_decay: Decay = 0.1,
        momentum: Momentum = 0.95,
        betas: tuple[Momentum, Momentum] = (0.9, 0.95),
        eps: Annotated[float, Ge(0)] = 1e-8,
    ) -> None:
        if min(lr, weight_decay, momentum, *betas, eps) < 0.0 or max(momentum, *betas) > 1.0:
            raise ValueError(
                f"{lr=}, {weight_decay=}, {momentum=}, {betas=}, {eps=}: none may be below 0, and neither momentum nor "
                "betas above 1."
            )
        parameters = list(params)
        groups: list[dict[str, Any]] = [
            {"name": "matrices", "params": [each for each in parameters if _is_matrix(each)]},
            {"name": "rest", "params": [each for each in parameters if not _is_matrix(each)], "weight_decay": 0.0},
        ]
        settings = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "betas": betas, "eps": eps}
        super().__init__([group for group in groups if group["params"]], settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        with torch.enable_grad():
            loss = closure() if closure else None
        # torch's optimizers are made anew for each step and work on this one's groups and state, which alone are what
        # schedulers change and checkpoints hold.
        for group in self.param_groups:
            parameters = [each for each in group["params"] if each.grad is not None]
            if group["name"] == "matrices":
                self._step_matrices(group, parameters)
            else:
                self._step(optim.AdamW([{**group, "params": parameters}]), parameters, parameters)
        return loss

    def _step_matrices(self, group: dict[str, Any], parameters: list[Tensor]) -> None:
        matrices = [_as_matrix(each) for each in parameters]
        muon = optim.Muon([{**group, "params": matrices}], adjust_lr_fn="match_rms_adamw")
        self._step(muon, matrices, parameters)
        for each, matrix in zip(parameters, matrices, strict=True):
            if not each.is_contiguous():  # a kernel laid out channels last, of which the matrix is a copy
                each.copy_(matrix.view_as(each))

    def _step(self, optimizer: Optimizer, moved: list[Tensor], parameters: list[Tensor]) -> None:
        optimizer.state.update((tensor, self.state[each]) for tensor, each in zip(moved, parameters, strict=True))
        optimizer.step()


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim >= 2 and len(parameter) > 1


def _as_matrix(parameter: Tensor) -> Tensor:
    matrix = parameter.detach().flatten(1)
    matrix.grad = None if parameter.grad is None else parameter.grad.flatten(1)
    return matrix
