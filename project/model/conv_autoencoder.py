"""A convolutional autoencoder."""

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

from .bounds import check_sizes

# B = batch, C = in_channels, H = height, W = width, L = latent_dim


class ConvAutoencoder(nn.Module):
    """Squeezes images into a few numbers and draws them again from these.

    Args:
        in_channels: C.
        height: H, a multiple of 4.
        width: W, a multiple of 4.
        latent_dim: L, the numbers that are left of an image.
        base_channels: channels of the first convolution; the second has twice as many.

    Raises:
        ValueError: if a size is below 1, or a side no multiple of 4.

    """

    def __init__(
        self,
        in_channels: int,
        height: int,
        width: int,
        latent_dim: Annotated[int, Ge(1)] = 32,
        base_channels: Annotated[int, Ge(1)] = 32,
    ) -> None:
        super().__init__()
        check_sizes(in_channels=in_channels, height=height, width=width)
        check_sizes(latent_dim=latent_dim, base_channels=base_channels)
        if height % 4 or width % 4:
            raise ValueError(
                f"{height=}, {width=}: both must be multiples of 4, as the images are halved twice; pad or resize them."
            )
        smallest = (2 * base_channels, height // 4, width // 4)
        features = smallest[0] * smallest[1] * smallest[2]
        self.encoder = nn.Sequential(
            nn.Conv2d(in_channels, base_channels, kernel_size=3, stride=2, padding=1, bias=False),
            *_normalised(base_channels),
            nn.Conv2d(base_channels, 2 * base_channels, kernel_size=3, stride=2, padding=1, bias=False),
            *_normalised(2 * base_channels),
            nn.Flatten(),
            nn.Linear(features, latent_dim),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, features, bias=False),
            nn.Unflatten(1, smallest),
            *_normalised(2 * base_channels),
            nn.ConvTranspose2d(2 * base_channels, base_channels, kernel_size=4, stride=2, padding=1, bias=False),
            *_normalised(base_channels),
            nn.ConvTranspose2d(base_channels, in_channels, kernel_size=4, stride=2, padding=1),
        )

    def encode(self, images: Tensor) -> Tensor:
        """Turn images of (B, C, H, W) into codes of (B, L)."""
        codes: Tensor = self.encoder(images)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """Turn codes of (B, L) into images of (B, C, H, W), unbounded as normalised images are."""
        images: Tensor = self.decoder(codes)
        return images

    def forward(self, images: Tensor) -> Tensor:
        """Turn images of (B, C, H, W) into their reconstructions, of the same shape."""
        return self.decode(self.encode(images))


def _normalised(channels: int) -> tuple[nn.Module, ...]:
    return nn.BatchNorm2d(channels), nn.ReLU()
