"""Models: from a batch of inputs to one row of logits an example."""

from .beeg_yoshi_mlp import BeegYoshiMLP as BeegYoshiMLP
from .mlp import MLP as MLP
