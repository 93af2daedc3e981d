"""A perceptron with one hidden layer, and a beeg one."""

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

# B = batch, D = input_dim (C * H * W for images), K = output_dim (classes)


class BeegYoshiMLP(nn.Module):
    """Flattens its input and passes it through one hidden layer, many times as wide as the input.

    Args:
        input_dim: D, the numbers in one example.
        output_dim: K, the number of classes.
        beeg_factor: width of the hidden layer, as a multiple of D.

    """

    def __init__(self, input_dim: int, output_dim: int, beeg_factor: Annotated[int, Ge(1)] = 10) -> None:
        super().__init__()
        hidden_dim = input_dim * beeg_factor
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(input_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, output_dim)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Turn inputs of (B, ...), D numbers each, into logits of (B, K)."""
        logits: Tensor = self.layers(inputs)
        return logits
