"""A small convolutional network for small images."""

from typing import Annotated

from annotated_types import Ge, Interval
from torch import Tensor, nn

from .bounds import check_dropout, check_sizes

# B = batch, C = in_channels, K = output_dim (classes)


class SmallCNN(nn.Module):
    """Five 3 x 3 convolutions with batch normalisation, at three scales, over images of 4 x 4 pixels and more.

    Args:
        in_channels: C.
        output_dim: K, the number of classes.
        base_channels: channels at full size; each halving of the image doubles them.
        dropout: share of the features that is zeroed before the last layer while training, in [0, 1].

    Raises:
        ValueError: if a size is below 1, or `dropout` outside [0, 1].

    """

    def __init__(
        self,
        in_channels: int,
        output_dim: int,
        base_channels: Annotated[int, Ge(1)] = 32,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.0,
    ) -> None:
        super().__init__()
        check_sizes(in_channels=in_channels, output_dim=output_dim, base_channels=base_channels)
        check_dropout(dropout)
        full, half, quarter = base_channels, 2 * base_channels, 4 * base_channels
        self.features = nn.Sequential(
            *_convolution(in_channels, full),
            nn.MaxPool2d(2),
            *_convolution(full, half),
            *_convolution(half, half),
            nn.MaxPool2d(2),
            *_convolution(half, quarter),
            *_convolution(quarter, quarter),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(quarter, output_dim))

    def forward(self, images: Tensor) -> Tensor:
        """Turn images of (B, C, H, W) into logits of (B, K)."""
        logits: Tensor = self.head(self.features(images))
        return logits


def _convolution(in_channels: int, out_channels: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(out_channels), nn.ReLU()
