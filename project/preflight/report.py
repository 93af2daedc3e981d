"""What a preflight found."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trouble:
    """One thing that would fail, or go silently wrong, in the run.

    Attributes:
        component: `model`, `loss`, `optimizer`, `scheduler`, `metrics.<name>`, `loop` or `memory`.
        message: what torch said, in one line.
        layer: dotted name within the loop and class, such as `model.layers.1 (Linear)`; empty outside any module.
        inputs: what that layer was given, such as `(64, 784) float32`.

    """

    component: str
    message: str
    layer: str = ""
    inputs: tuple[str, ...] = ()

    def __str__(self) -> str:
        given = f", given {' and '.join(self.inputs)}" if self.inputs else ""
        return f"{self.layer or self.component}{given}: {self.message}"


@dataclass(frozen=True)
class Memory:
    """Bytes that a training step takes, from the sizes of its tensors.

    Left out: workspaces of the kernels, fragmentation, the device's own context (some 0.5 GB under CUDA), copies made
    by distributed strategies, and the temporaries of CUDA's `foreach` optimizers, up to a copy of the parameters. Under
    mixed precision the halved activations are those that torch halves on a CPU.

    Attributes:
        parameters: parameters and buffers.
        gradients: one for each trainable parameter.
        optimizer_state: after the first step.
        activations: what the forward pass keeps for the backward pass, besides parameters and batch.
        peak: the most that is alive at once in a step, all of the above and temporaries included.

    """

    parameters: int
    gradients: int
    optimizer_state: int
    activations: int
    peak: int


@dataclass(frozen=True)
class Report:
    """What a preflight found; an empty one knows nothing.

    Attributes:
        parameters: numbers in the model and whatever else is trained or frozen in the loop.
        trainable: how many of them require a gradient.
        flops: floating-point operations of one training step: matrix products, convolutions and attention.
        memory: None if no training step went through.
        logged: names logged by each of the phases `train` and `val`; a phase is missing if it did not go through.
        problems: what would fail.
        unchecked: what could not be checked, and why; no reason to stop a run.

    """

    parameters: int | None = None
    trainable: int | None = None
    flops: int | None = None
    memory: Memory | None = None
    logged: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    problems: tuple[Trouble, ...] = ()
    unchecked: tuple[str, ...] = ()
