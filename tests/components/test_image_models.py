"""Models over images: shapes, gradients, sizes and refusals."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from project.model import ConvAutoencoder, ResNet, SmallCNN, TorchvisionModel, ViT

# B = 4, K = 10

MODELS: dict[str, Callable[[int, int], nn.Module]] = {
    "small_cnn": lambda channels, side: SmallCNN(channels, 10, base_channels=8),
    "resnet18": lambda channels, side: ResNet(channels, 10),
    "resnet50_imagenet": lambda channels, side: ResNet(channels, 10, depth=50, stem="imagenet"),
    "vit": lambda channels, side: ViT(channels, side, side, 10, embed_dim=24, depth=2),
    "torchvision": lambda channels, side: TorchvisionModel("mobilenet_v3_small", channels, 10),
}


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def images(channels: int, height: int, width: int) -> Tensor:
    return torch.randn(4, channels, height, width)


@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32)])
@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_images_become_one_row_of_logits_each_and_every_parameter_learns(
    build: Callable[[int, int], nn.Module], channels: int, side: int
) -> None:
    model = build(channels, side)
    logits = model(images(channels, side, side))
    assert logits.shape == (4, 10)
    logits.square().sum().backward()
    assert [
        name for name, each in model.named_parameters() if each.grad is None or not each.grad.isfinite().all()
    ] == []


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_evaluation_is_deterministic_and_takes_each_image_by_itself(build: Callable[[int, int], nn.Module]) -> None:
    model, batch = build(1, 28).eval(), images(1, 28, 28)
    with torch.no_grad():
        logits = model(batch)
        assert torch.equal(logits, model(batch))
        torch.testing.assert_close(logits[:1], model(batch[:1]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "model", [SmallCNN(1, 3, base_channels=4, dropout=0.5), ViT(1, 8, 8, 3, embed_dim=6, depth=1, dropout=0.5)]
)
def test_dropout_acts_only_while_training(model: nn.Module) -> None:
    batch = images(1, 8, 8)
    assert not torch.equal(model(batch), model(batch))
    model.eval()
    assert torch.equal(model(batch), model(batch))


@pytest.mark.parametrize(
    ("model", "published"),
    [
        # https://docs.pytorch.org/vision/stable/models.html
        (lambda: ResNet(3, 1000, depth=18, stem="imagenet"), 11_689_512),
        (lambda: ResNet(3, 1000, depth=34, stem="imagenet"), 21_797_672),
        (lambda: ResNet(3, 1000, depth=50, stem="imagenet"), 25_557_032),
        (lambda: TorchvisionModel("efficientnet_b0", 3, 1000), 5_288_548),
        # https://github.com/kuangliu/pytorch-cifar
        (lambda: ResNet(3, 10, depth=18), 11_173_962),
    ],
)
def test_a_model_has_as_many_parameters_as_published(model: Callable[[], nn.Module], published: int) -> None:
    with torch.device("meta"):
        assert count(model()) == published


def test_the_stem_for_cifar_keeps_small_images_as_they_are() -> None:
    sides = {}
    for stem in ("cifar", "imagenet"):
        model = ResNet(3, 10, stem=stem)
        features = model.maxpool(model.relu(model.bn1(model.conv1(images(3, 32, 32)))))
        sides[stem] = features.shape[-1]
    assert sides == {"cifar": 32, "imagenet": 8}


def test_a_vit_knows_where_a_patch_lies() -> None:
    model, batch = ViT(1, 8, 8, 3, embed_dim=12, depth=1).eval(), images(1, 8, 8)
    assert not torch.allclose(model(batch), model(batch.roll(4, dims=2)), atol=1e-6)


def test_a_vit_takes_images_that_are_not_square() -> None:
    assert ViT(1, 8, 12, 3, embed_dim=12, depth=1)(images(1, 8, 12)).shape == (4, 3)


def test_the_layers_of_a_vit_start_differently() -> None:
    first, second = ViT(1, 8, 8, 3, embed_dim=12, depth=2).layers
    assert not torch.equal(next(first.parameters()), next(second.parameters()))


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 28, 28), (3, 32, 32), (2, 4, 12)])
def test_an_autoencoder_squeezes_images_and_draws_them_again(channels: int, height: int, width: int) -> None:
    model, batch = (
        ConvAutoencoder(channels, height, width, latent_dim=5, base_channels=4),
        images(channels, height, width),
    )
    assert model.encode(batch).shape == (4, 5)
    assert model.decode(torch.randn(4, 5)).shape == batch.shape
    model(batch).square().mean().backward()
    assert all(each.grad is not None and each.grad.any() for each in model.parameters())
    model.eval()
    assert torch.equal(model(batch), model.decode(model.encode(batch)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SmallCNN(0, 10), "in_channels=0: must be at least 1"),
        (lambda: SmallCNN(1, 10, base_channels=0), "base_channels=0: must be at least 1"),
        (lambda: SmallCNN(1, 10, dropout=2.0), "dropout=2.0: must be a fraction, from 0 to 1"),
        (lambda: ResNet(1, 0), "output_dim=0: must be at least 1"),
        (lambda: ResNet(1, 10, depth=20), "depth=20: must be one of 18, 34, 50"),  # type: ignore[arg-type]
        (lambda: ResNet(1, 10, stem="mnist"), "stem='mnist': must be one of cifar, imagenet"),  # type: ignore[arg-type]
        (
            lambda: ViT(1, 28, 32, 10, patch_size=5),
            "patch_size=5: images of 28 x 32 are no whole number of patches; it must be one of 1, 2, 4",
        ),
        (lambda: ViT(1, 28, 28, 10, num_heads=5), "embed_dim=192, num_heads=5: embed_dim must be a multiple"),
        (lambda: ViT(1, 28, 28, 10, depth=0), "depth=0: must be at least 1"),
        (lambda: ViT(1, 28, 28, 10, dropout=-0.1), "dropout=-0.1: must be a fraction"),
        (lambda: ConvAutoencoder(1, 30, 28), "height=30, width=28: both must be multiples of 4"),
        (lambda: ConvAutoencoder(1, 28, 28, latent_dim=0), "latent_dim=0: must be at least 1"),
    ],
)
def test_a_model_refuses_sizes_that_cannot_be(build: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
