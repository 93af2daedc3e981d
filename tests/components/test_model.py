"""Models: shapes, widths and refusals."""

import pytest
import torch
from torch import nn

from project.model import MLP, BeegYoshiMLP

# B = 5, C = 1, H = W = 4, K = 3


def linear_shapes(model: nn.Module) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in model.modules() if isinstance(layer, nn.Linear)]


@pytest.mark.parametrize("model", [MLP(16, 3), MLP(16, 3, num_layers=0), BeegYoshiMLP(16, 3)])
def test_images_become_one_row_of_logits_each(model: nn.Module) -> None:
    assert model(torch.rand(5, 1, 4, 4)).shape == (5, 3)


def test_an_mlp_has_as_many_hidden_layers_as_asked_for() -> None:
    assert linear_shapes(MLP(16, 3, hidden_dim=7, num_layers=3)) == [(16, 7), (7, 7), (7, 7), (7, 3)]


def test_an_mlp_without_hidden_layers_is_linear() -> None:
    model = MLP(16, 3, num_layers=0)
    x, y, zero = torch.rand(5, 16), torch.rand(5, 16), torch.zeros(5, 16)
    torch.testing.assert_close(model(x + y), model(x) + model(y) - model(zero))


def test_dropout_acts_only_while_training() -> None:
    model, images = MLP(16, 3, dropout=0.5), torch.rand(5, 16)
    assert not torch.equal(model(images), model(images))
    model.eval()
    assert torch.equal(model(images), model(images))


def test_the_hidden_layer_of_a_beeg_yoshi_mlp_is_a_multiple_of_its_input() -> None:
    assert linear_shapes(BeegYoshiMLP(16, 3, beeg_factor=4)) == [(16, 64), (64, 3)]


@pytest.mark.parametrize("model", [MLP(16, 3, num_layers=2), BeegYoshiMLP(16, 3)])
def test_every_parameter_gets_a_gradient(model: nn.Module) -> None:
    model(torch.rand(5, 1, 4, 4)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"hidden_dim": 0}, "hidden_dim=0: every width must be at least 1"),
        ({"output_dim": -1}, "output_dim=-1, hidden_dim=256: every width"),
        ({"num_layers": -1}, r"num_layers=-1: must be 0 \(a linear classifier\) or more"),
    ],
)
def test_an_mlp_refuses_widths_and_depths_that_cannot_be(widths: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLP(**{"input_dim": 16, "output_dim": 3} | widths)


def test_an_mlp_refuses_a_dropout_that_is_no_share() -> None:
    with pytest.raises(ValueError, match="dropout"):
        MLP(16, 3, dropout=1.5)
