"""Random changes to whole batches of images at once, each image with draws of its own.

They work on the device, on bytes and floats alike, and many times as fast as a transform of one image after the other.
The draws are those of PyTorch's global generator.

Shapes: B = batch, C = channels, H = height, W = width.
"""

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

Share = Annotated[float, Interval(ge=0, le=1)]


class RandomCrop(nn.Module):
    """Shifts each image by up to `padding` pixels each way; what comes in from outside is `fill`.

    Args:
        padding: pixels.
        fill: the value outside the image, 0 .. 255.

    Raises:
        ValueError: no padding, which would change nothing.
    """

    def __init__(self, padding: Annotated[int, Gt(0)] = 4, fill: int = 0) -> None:
        super().__init__()
        if padding < 1:
            raise ValueError(f"RandomCrop: padding={padding} is less than 1")
        self.padding = padding
        self.fill = fill

    def forward(self, images: Tensor) -> Tensor:
        """Shift images (B, C, H, W)."""
        size, channels, height, width = images.shape
        padded = nn.functional.pad(images, [self.padding] * 4, value=self.fill)
        top, left = torch.randint(2 * self.padding + 1, (2, size, 1, 1), device=images.device)
        # Row by row: where each begins in the padded images, and from there so many pixels.
        planes = torch.arange(size * channels, device=images.device).view(size, channels, 1)
        rows = planes * padded.shape[-2] + top + torch.arange(height, device=images.device)
        begins = rows * padded.shape[-1] + left
        return padded.flatten().unfold(0, width, 1).index_select(0, begins.flatten()).view(images.shape)


class RandomHorizontalFlip(nn.Module):
    """Mirrors each image, left to right, with probability `p`."""

    def __init__(self, p: Share = 0.5) -> None:
        super().__init__()
        _check_share("RandomHorizontalFlip", "p", p)
        self.p = p

    def forward(self, images: Tensor) -> Tensor:
        """Mirror some of the images (B, C, H, W)."""
        size = len(images)
        chosen = torch.arange(size, device=images.device) + size * _drawn(self.p, images)
        # For bytes on a CPU some three times as fast as `torch.where`, and on a GPU without a wait.
        return torch.cat([images, images.flip(-1)]).index_select(0, chosen)


class RandomErasing(nn.Module):
    """Covers a rectangle of each image with `fill`, with probability `p` (arXiv:1708.04896).

    Args:
        p: probability that an image is changed.
        least: the smallest share of the image that is covered.
        most: the largest.
        fill: the value of the rectangle, 0 .. 255.

    Raises:
        ValueError: a share out of 0 .. 1, or `least` above `most`.
    """

    def __init__(self, p: Share = 0.5, least: Share = 0.02, most: Share = 0.33, fill: int = 0) -> None:
        super().__init__()
        for name, share in (("p", p), ("least", least), ("most", most)):
            _check_share("RandomErasing", name, share)
        if least > most:
            raise ValueError(f"RandomErasing: least={least} is above most={most}")
        self.p, self.least, self.most, self.fill = p, least, most, fill

    def forward(self, images: Tensor) -> Tensor:
        """Cover a part of some of the images (B, C, H, W); the aspect ratio of a rectangle is 0.3 .. 3.3."""
        size, (height, width), device = len(images), images.shape[-2:], images.device
        area, ratio, top, left = torch.rand(4, size, device=device)
        share = self.least + (self.most - self.least) * area
        aspect = torch.exp((2 * ratio - 1) * 1.2)
        rows = _inside(height, (share * aspect).sqrt(), top, device)
        columns = _inside(width, (share / aspect).sqrt(), left, device)
        covered = rows.view(size, 1, height, 1) & columns.view(size, 1, 1, width)
        mask = (covered & _drawn(self.p, images).view(size, 1, 1, 1)).to(images.dtype)
        # For bytes on a CPU some thirty times as fast as `masked_fill`.
        return images * (1 - mask) + self.fill * mask


def _inside(length: int, share: Tensor, start: Tensor, device: torch.device) -> Tensor:
    """Which of `length` pixels a stretch of that `share` covers, (B, length); it starts within what is left of them."""
    extent = (share.clamp(max=1) * length).round()
    first = (start * (length - extent + 1)).floor()
    pixels = torch.arange(length, device=device)
    return (pixels >= first.unsqueeze(1)) & (pixels < (first + extent).unsqueeze(1))


def _drawn(p: float, images: Tensor) -> Tensor:
    """Which images are changed, (B,)."""
    return torch.rand(len(images), device=images.device) < p


def _check_share(owner: str, name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{owner}: {name}={value} is not in 0 .. 1")
