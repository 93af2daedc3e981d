"""A multilayer perceptron over flattened inputs."""

from itertools import pairwise
from typing import Annotated

from annotated_types import Ge, Interval
from torch import Tensor, nn

# B = batch, D = input_dim (C * H * W for images), H = hidden_dim, K = output_dim (classes)


class MLP(nn.Module):
    """Flattens its input and passes it through equally wide hidden layers with ReLU.

    Args:
        input_dim: D, the numbers in one example.
        output_dim: K, the number of classes.
        hidden_dim: H, the width of every hidden layer.
        num_layers: number of hidden layers; 0 leaves a linear classifier.
        dropout: share of the hidden activations that is zeroed while training, in [0, 1].

    Raises:
        ValueError: if a width is below 1, `num_layers` below 0, or `dropout` outside [0, 1].

    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        hidden_dim: Annotated[int, Ge(1)] = 256,
        num_layers: Annotated[int, Ge(0)] = 1,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.0,
    ) -> None:
        super().__init__()
        if min(input_dim, output_dim, hidden_dim) < 1:
            raise ValueError(f"{input_dim=}, {output_dim=}, {hidden_dim=}: every width must be at least 1.")
        if num_layers < 0:
            raise ValueError(f"{num_layers=}: must be 0 (a linear classifier) or more.")
        *hidden, last = pairwise([input_dim, *[hidden_dim] * num_layers, output_dim])
        self.layers = nn.Sequential(nn.Flatten())
        for fan_in, fan_out in hidden:
            self.layers.extend([nn.Linear(fan_in, fan_out), nn.ReLU(), nn.Dropout(dropout)])
        self.layers.append(nn.Linear(*last))

    def forward(self, inputs: Tensor) -> Tensor:
        """Turn inputs of (B, ...), D numbers each, into logits of (B, K)."""
        logits: Tensor = self.layers(inputs)
        return logits
