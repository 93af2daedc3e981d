"""torchvision's residual networks, for small images too."""

from typing import Literal, get_args

from torch import nn
from torchvision.models import resnet

from .bounds import check_sizes

# B = batch, C = in_channels, K = output_dim (classes)

Depth = Literal[18, 34, 50]
Stem = Literal["cifar", "imagenet"]

BASIC, BOTTLENECK = resnet.BasicBlock, resnet.Bottleneck
BLOCKS: dict[int, tuple[type[resnet.BasicBlock | resnet.Bottleneck], list[int]]] = {
    18: (BASIC, [2, 2, 2, 2]),
    34: (BASIC, [3, 4, 6, 3]),
    50: (BOTTLENECK, [3, 4, 6, 3]),
}


class ResNet(resnet.ResNet):
    """Turns images of (B, C, H, W) into logits of (B, K) (arXiv:1512.03385).

    The parameters are named as in torchvision.

    Args:
        in_channels: C.
        output_dim: K, the number of classes.
        depth: layers with weights.
        stem: `imagenet` shrinks images to a quarter of their sides before the first block; `cifar`, a 3 x 3 convolution
            alone, keeps small ones as they are.

    Raises:
        ValueError: if a size is below 1, or `depth` or `stem` is none of the choices.

    """

    def __init__(self, in_channels: int, output_dim: int, depth: Depth = 18, stem: Stem = "cifar") -> None:
        check_sizes(in_channels=in_channels, output_dim=output_dim)
        if depth not in BLOCKS:
            raise ValueError(f"{depth=}: must be one of {', '.join(map(str, BLOCKS))}.")
        if stem not in get_args(Stem):
            raise ValueError(f"{stem=}: must be one of {', '.join(get_args(Stem))}.")
        block, layers = BLOCKS[depth]
        super().__init__(block, layers, num_classes=output_dim)
        if stem == "cifar":
            self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=3, padding=1, bias=False)
            self.maxpool = nn.MaxPool2d(kernel_size=1)  # leaves everything as it is, as torchvision always pools
        else:
            self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
