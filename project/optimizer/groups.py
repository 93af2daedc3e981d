"""torch's optimizers with a weight decay that spares biases and the scales of norms."""

from collections.abc import Iterable
from typing import Annotated, Any

from annotated_types import Ge, Interval
from torch import optim
from torch.nn import Parameter

Rate = Annotated[float, Ge(0)]
Decay = Annotated[float, Ge(0)]
Momentum = Annotated[float, Interval(ge=0, le=1)]


class AdamW(optim.AdamW):
    """torch's AdamW in two parameter groups: `matrices` decay, and `vectors` do not (arXiv:1711.05101).

    Vectors are parameters with fewer than two dimensions: biases, and the scales and shifts of norms. To shrink them
    regularizes nothing; recipes for transformers leave them out.

    Args:
        params: of the model, in any order and without names.
        lr: learning rate.
        weight_decay: of the matrices; times the learning rate, it is the share by which they shrink at each step.
        betas: how much of the mean gradient and of the mean squared gradient is kept at each step.
        eps: keeps the quotient of the two finite.
        decay_vectors: let vectors decay as well, as torch does.
        fused: one kernel for the whole step, on CUDA the fastest; None leaves the choice to torch.

    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: Rate = 1e-3,
        weight_decay: Decay = 1e-2,
        betas: tuple[Momentum, Momentum] = (0.9, 0.999),
        eps: Annotated[float, Ge(0)] = 1e-8,
        decay_vectors: bool = False,
        fused: bool | None = None,
    ) -> None:
        groups = list(params) if decay_vectors else undecayed_vectors(params)
        super().__init__(groups, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=fused)


class SGD(optim.SGD):
    """torch's SGD with Nesterov momentum in two parameter groups: `matrices` decay, and `vectors` do not.

    Vectors are parameters with fewer than two dimensions: biases, and the scales and shifts of norms.

    Args:
        params: of the model, in any order and without names.
        lr: learning rate.
        momentum: how much of the last step is kept; 0 is plain gradient descent.
        weight_decay: of the matrices; it is added to the gradient.
        nesterov: look ahead by the momentum; without effect where there is none.
        decay_vectors: let vectors decay as well, as torch does.
        fused: one kernel for the whole step, on CUDA the fastest; None leaves the choice to torch.

    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: Rate = 0.1,
        momentum: Momentum = 0.9,
        weight_decay: Decay = 0.0,
        nesterov: bool = True,
        decay_vectors: bool = False,
        fused: bool | None = None,
    ) -> None:
        groups = list(params) if decay_vectors else undecayed_vectors(params)
        nesterov = nesterov and momentum > 0.0
        super().__init__(groups, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov, fused=fused)


def undecayed_vectors(params: Iterable[Parameter]) -> list[dict[str, Any]]:
    """Parameter groups `matrices` and `vectors`, the latter with a weight decay of 0; an empty one is left out."""
    parameters = list(params)
    matrices = [each for each in parameters if each.ndim >= 2]
    vectors = [each for each in parameters if each.ndim < 2]
    groups: list[dict[str, Any]] = [
        {"name": "matrices", "params": matrices},
        {"name": "vectors", "params": vectors, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
