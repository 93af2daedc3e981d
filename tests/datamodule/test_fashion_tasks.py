"""Tasks beyond classification on Fashion-MNIST."""

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from project.datamodule import FashionAttributes, FashionMNIST, Footwear, RotatedFashionMNIST


@pytest.fixture(scope="module")
def plain() -> tuple[Tensor, Tensor]:
    return FashionMNIST(source="bundled").load(train=False)


def test_the_attributes_of_a_piece_are_those_of_the_table(plain: tuple[Tensor, Tensor]) -> None:
    images, attributes = FashionAttributes(source="bundled").load(train=False)
    assert torch.equal(images, plain[0])
    rows = [line.split("|")[1:-1] for line in (FashionAttributes.__doc__ or "").splitlines() if "|" in line]
    header, _, *table = [[cell.strip() for cell in row] for row in rows]
    assert tuple(header[1:]) == FashionAttributes.classes
    assert [row[0] for row in table] == list(FashionMNIST.classes)
    expected = torch.tensor([[int(cell or 0) for cell in row[1:]] for row in table])
    assert torch.equal(attributes, expected[plain[1]])


def test_footwear_is_sandals_sneakers_and_boots(plain: tuple[Tensor, Tensor]) -> None:
    _, target = Footwear(source="bundled").load(train=False)
    assert target.shape == (1000, 1)
    assert set(plain[1][target[:, 0] == 1].numpy().tolist()) == {5, 7, 9}
    assert target.float().mean().item() == pytest.approx(0.3)


def test_an_image_is_turned_by_its_angle_as_torchvision_turns_it(plain: tuple[Tensor, Tensor]) -> None:
    images, angles = RotatedFashionMNIST(source="bundled", max_angle=60.0).load(train=False)
    assert (angles.shape, angles.dtype) == ((1000, 1), torch.float32)
    bilinear = functional.InterpolationMode.BILINEAR
    for index in range(0, 1000, 50):
        expected = functional.rotate(plain[0][index], angles[index].item(), bilinear)
        assert (images[index].int() - expected.int()).abs().float().mean() < 0.5


def test_the_angles_are_spread_over_the_whole_range_and_the_same_for_every_seed() -> None:
    (one, angles), (other, _) = (RotatedFashionMNIST(source="bundled", seed=seed).load(train=True) for seed in (1, 2))
    assert torch.equal(one, other)
    assert -45 <= angles.min() < -44
    assert 44 < angles.max() <= 45
    counts = torch.histc(angles, bins=10, min=-45, max=45)
    assert counts.min() > 500


def test_training_and_test_images_have_other_angles() -> None:
    data = RotatedFashionMNIST(source="bundled")
    assert not torch.equal(data.load(train=True)[1][:1000], data.load(train=False)[1])


@pytest.mark.parametrize("angle", [0.0, 181.0])
def test_an_angle_that_cannot_be_is_refused(angle: float) -> None:
    with pytest.raises(ValueError, match=rf"max_angle={angle} is not in \(0, 180\]"):
        RotatedFashionMNIST(max_angle=angle)
