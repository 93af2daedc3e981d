"""Any classification model of torchvision."""

from math import ceil

from torch import Tensor, nn
from torchvision import models

from .bounds import check_sizes
from .pretrained import NONE, chosen_weights, known_model, pretrained

# B = batch, C = in_channels, K = output_dim (classes)


class TorchvisionModel(nn.Module):
    """A classification model of torchvision whose first convolution and head are made to fit.

    Pretrained weights are downloaded once, into torch hub's folder. For grey images the RGB filters of the first
    convolution are summed, so that they look as they would in RGB; for other numbers of channels they are repeated and
    scaled. Where K is not what the weights were trained for, the head is a new one. Auxiliary classifiers are left out.

    Args:
        name: as torchvision lists it (https://docs.pytorch.org/vision/stable/models.html), such as `resnet18`.
        in_channels: C.
        output_dim: K, the number of classes.
        weights: `none`, `DEFAULT` for the best there are, or their name, such as `IMAGENET1K_V1`.

    Raises:
        ValueError: if torchvision has no such model or weights, the weights can be neither found nor downloaded, or a
            size is below 1.

    """

    def __init__(self, name: str, in_channels: int, output_dim: int, weights: str = NONE) -> None:
        super().__init__()
        check_sizes(in_channels=in_channels, output_dim=output_dim)
        found = chosen_weights(known_model(name), weights)
        self.network = _untrained(name, output_dim) if found is None else pretrained(name, found)
        _leave_out_auxiliaries(self.network, in_channels)
        _fit_input(self.network, in_channels)
        _fit_output(self.network, output_dim)

    def forward(self, images: Tensor) -> Tensor:
        """Turn images of (B, C, H, W) into logits of (B, K)."""
        logits: Tensor = self.network(images)
        return logits


def _untrained(name: str, output_dim: int) -> nn.Module:
    # These two warn unless they are told to initialise as they always did.
    told = {"init_weights": True} if name in {"googlenet", "inception_v3"} else {}
    return models.get_model(name, num_classes=output_dim, **told)


def _leave_out_auxiliaries(network: nn.Module, in_channels: int) -> None:
    if isinstance(network, models.GoogLeNet | models.Inception3):
        network.aux_logits = False
        for name in {"aux1", "aux2", "AuxLogits"} & dict(network.named_children()).keys():
            setattr(network, name, None)
        # Their weights expect another normalisation than ImageNet's; without weights it does no harm.
        network.transform_input = in_channels == 3


def _fit_input(network: nn.Module, in_channels: int) -> None:
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    if in_channels == first.in_channels:
        return
    rgb = first.weight.detach()
    repeated = rgb.repeat(1, ceil(in_channels / 3), 1, 1)[:, :in_channels] * 3 / in_channels
    first.weight = nn.Parameter(rgb.sum(dim=1, keepdim=True) if in_channels == 1 else repeated)
    first.in_channels = in_channels


def _fit_output(network: nn.Module, output_dim: int) -> None:
    *_, (last, _) = network.named_parameters()
    name = last.rpartition(".")[0]
    head = network.get_submodule(name)
    if isinstance(head, nn.Linear) and head.out_features != output_dim:
        network.set_submodule(name, nn.Linear(head.in_features, output_dim))
    if isinstance(head, nn.Conv2d) and head.out_channels != output_dim:  # SqueezeNet's
        network.set_submodule(name, nn.Conv2d(head.in_channels, output_dim, kernel_size=1))
