"""A vision transformer for small images."""

from typing import Annotated

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn

from .bounds import check_dropout, check_sizes

# B = batch, C = in_channels, H = height, W = width, P = patch_size, N = H / P * W / P patches, E = embed_dim,
# K = output_dim (classes)


class ViT(nn.Module):
    """Cuts images into patches and attends from each to all (arXiv:2010.11929).

    Layers normalise before they attend, and the mean over all patches stands for the image, without a class token
    (arXiv:2205.01580).

    Args:
        in_channels: C.
        height: H.
        width: W.
        output_dim: K, the number of classes.
        patch_size: P, the sides of a patch.
        embed_dim: E, the width of a patch's representation; the perceptron in each layer is four times as wide.
        depth: number of layers.
        num_heads: attention heads of each layer.
        dropout: share of the activations that is zeroed while training, in [0, 1].

    Raises:
        ValueError: if a size is below 1, `dropout` outside [0, 1], an image no whole number of patches, or E no
            multiple of `num_heads`.

    """

    def __init__(
        self,
        in_channels: int,
        height: int,
        width: int,
        output_dim: int,
        patch_size: Annotated[int, Ge(1)] = 4,
        embed_dim: Annotated[int, Ge(1)] = 192,
        depth: Annotated[int, Ge(1)] = 6,
        num_heads: Annotated[int, Ge(1)] = 3,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.0,
    ) -> None:
        super().__init__()
        check_sizes(in_channels=in_channels, height=height, width=width, output_dim=output_dim)
        check_sizes(patch_size=patch_size, embed_dim=embed_dim, depth=depth, num_heads=num_heads)
        check_dropout(dropout)
        if height % patch_size or width % patch_size:
            raise ValueError(
                f"{patch_size=}: images of {height} x {width} are no whole number of patches;"
                f" it must be one of {', '.join(map(str, _common_divisors(height, width)))}."
            )
        if embed_dim % num_heads:
            raise ValueError(f"{embed_dim=}, {num_heads=}: embed_dim must be a multiple of num_heads.")
        num_patches = (height // patch_size) * (width // patch_size)
        self.patches = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.positions = nn.Parameter(nn.init.trunc_normal_(torch.empty(num_patches, embed_dim), std=0.02))
        self.dropout = nn.Dropout(dropout)
        # nn.TransformerEncoder would start every layer as a copy of the first.
        self.layers = nn.Sequential(*(_layer(embed_dim, num_heads, dropout) for _ in range(depth)))
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, output_dim)

    def forward(self, images: Tensor) -> Tensor:
        """Turn images of (B, C, H, W) into logits of (B, K)."""
        patches: Tensor = self.patches(images).flatten(2).transpose(1, 2)  # (B, N, E)
        hidden: Tensor = self.layers(self.dropout(patches + self.positions))
        logits: Tensor = self.head(self.norm(hidden).mean(dim=1))
        return logits


def _layer(embed_dim: int, num_heads: int, dropout: float) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(
        embed_dim, num_heads, 4 * embed_dim, dropout, activation="gelu", batch_first=True, norm_first=True
    )


def _common_divisors(height: int, width: int) -> list[int]:
    return [size for size in range(1, min(height, width) + 1) if height % size == width % size == 0]
