"""torchvision's models: names, weights from files, and the first and the last layer."""

import socket
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models import WeightsEnum

from project.model import TorchvisionModel

# B = 2, K = 1000 for ImageNet

SMALL = "shufflenet_v2_x0_5"


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch hub's folder, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)


def file_of(weights: WeightsEnum, checkpoints: Path) -> Path:
    checkpoints.mkdir(parents=True, exist_ok=True)
    return checkpoints / str(weights.value.url).rpartition("/")[2]


def trained(name: str, weights: WeightsEnum, checkpoints: Path) -> nn.Module:
    """A model whose random weights lie where torch hub would have put the trained ones."""
    network = models.get_model(name).eval()
    torch.save(network.state_dict(), file_of(weights, checkpoints))
    return network


def logits(model: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = model.eval()(images)
    return found


@pytest.mark.parametrize("weights", ["DEFAULT", "IMAGENET1K_V1", "ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1"])
def test_pretrained_weights_are_those_of_the_file(weights: str, checkpoints: Path) -> None:
    network = trained(SMALL, models.ShuffleNet_V2_X0_5_Weights.DEFAULT, checkpoints)
    images = torch.randn(2, 3, 64, 64)
    assert torch.equal(logits(TorchvisionModel(SMALL, 3, 1000, weights), images), logits(network, images))


def test_a_pretrained_model_sees_a_grey_image_as_the_same_in_rgb(checkpoints: Path) -> None:
    network = trained(SMALL, models.ShuffleNet_V2_X0_5_Weights.DEFAULT, checkpoints)
    grey = torch.randn(2, 1, 64, 64)
    model = TorchvisionModel(SMALL, 1, 1000, "DEFAULT")
    torch.testing.assert_close(logits(model, grey), logits(network, grey.expand(-1, 3, -1, -1)), rtol=1e-3, atol=1e-4)


def test_further_channels_repeat_the_filters_and_keep_their_scale(checkpoints: Path) -> None:
    network = trained(SMALL, models.ShuffleNet_V2_X0_5_Weights.DEFAULT, checkpoints)
    rgb = torch.randn(2, 3, 64, 64)
    model = TorchvisionModel(SMALL, 6, 1000, "DEFAULT")
    torch.testing.assert_close(logits(model, rgb.repeat(1, 2, 1, 1)), logits(network, rgb), rtol=1e-3, atol=1e-4)


def test_a_head_for_other_classes_is_new_and_the_rest_is_kept(checkpoints: Path) -> None:
    network = trained(SMALL, models.ShuffleNet_V2_X0_5_Weights.DEFAULT, checkpoints)
    model = TorchvisionModel(SMALL, 3, 5, "DEFAULT")
    assert logits(model, torch.randn(2, 3, 64, 64)).shape == (2, 5)
    kept = {name.removeprefix("network."): value for name, value in model.state_dict().items() if ".fc." not in name}
    assert len(kept) == len(network.state_dict()) - 2
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in kept.items())


@pytest.mark.usefixtures("offline")
def test_weights_that_cannot_be_downloaded_are_told_where_to_lie(checkpoints: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be downloaded: .*Name or service not known") as caught:
        TorchvisionModel("resnet18", 3, 10, "DEFAULT")
    assert str(checkpoints / "resnet18-f37072fd.pth") in str(caught.value)
    assert "https://download.pytorch.org/models/resnet18-f37072fd.pth" in str(caught.value)
    assert "weights='none'" in str(caught.value)


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"", None])
def test_a_file_with_something_else_is_named(content: bytes | None, checkpoints: Path) -> None:
    path = file_of(models.ResNet18_Weights.DEFAULT, checkpoints)
    if content is None:
        torch.save({"fc.weight": torch.zeros(1)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"resnet18-f37072fd\.pth does not hold ResNet18_Weights\.IMAGENET1K_V1: .*Delete"
    ):
        TorchvisionModel("resnet18", 3, 10, "DEFAULT")


def test_a_file_with_code_is_refused_and_not_run(checkpoints: Path, tmp_path: Path) -> None:
    torch.save(_Touch(tmp_path / "run"), file_of(models.ResNet18_Weights.DEFAULT, checkpoints))
    with pytest.raises(ValueError, match="does not hold"):
        TorchvisionModel("resnet18", 3, 10, "DEFAULT")
    assert not (tmp_path / "run").exists()


class _Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("resnt18", "none", "name='resnt18': torchvision has no such classification model. Did you mean 'resnet18'"),
        ("xyz", "none", "There is: alexnet, convnext_base, .*, wide_resnet50_2"),
        ("resnet50", "IMAGENET1K_V3", "no such weights. Did you mean 'IMAGENET1K_V2' or 'IMAGENET1K_V1'"),
        ("resnet50", "best", "weights='best': .* There is: none, IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT"),
    ],
)
def test_names_that_do_not_exist_are_refused_with_those_that_do(name: str, weights: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TorchvisionModel(name, 3, 10, weights)


FAMILIES = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5"
    " mobilenet_v2 mobilenet_v3_small resnet18 shufflenet_v2_x0_5 squeezenet1_1 swin_t swin_v2_t vgg11_bn vit_b_32"
)


@pytest.mark.long
@pytest.mark.parametrize("name", FAMILIES.split())
def test_every_family_is_given_its_channels_and_classes(name: str) -> None:
    with torch.device("meta"):
        model = TorchvisionModel(name, 2, 7)
        side = 299 if name == "inception_v3" else 224
        assert model(torch.empty(2, 2, side, side)).shape == (2, 7)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")  # of the test's own networks
@pytest.mark.parametrize("name", ["densenet121", "googlenet", "inception_v3", "squeezenet1_1"])
def test_a_family_with_habits_of_its_own_takes_its_weights(name: str, checkpoints: Path) -> None:
    weights = models.get_model_weights(name)["DEFAULT"]  # pyright: ignore[reportUnknownMemberType]
    trained(name, weights, checkpoints)
    model = TorchvisionModel(name, 1, 7, "DEFAULT")
    assert model(torch.randn(2, 1, 299, 299)).shape == (2, 7)
    # A checkpoint of the one is at home in the other.
    TorchvisionModel(name, 1, 7).load_state_dict(model.state_dict())
