"""Augmentations of whole batches."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from project.datamodule import RandomCrop, RandomErasing, RandomHorizontalFlip

IMAGES = torch.randint(1, 256, (64, 3, 10, 12), dtype=torch.uint8)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.default_generator.manual_seed(0)


@pytest.mark.parametrize("augment", [RandomCrop(2), RandomHorizontalFlip(), RandomErasing()])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_shape_and_dtype_stay_and_the_batch_given_is_left_alone(augment: nn.Module, dtype: torch.dtype) -> None:
    images = IMAGES.to(dtype)
    before = images.clone()
    changed = augment(images)
    assert (changed.shape, changed.dtype) == (images.shape, dtype)
    assert torch.equal(images, before)
    assert not torch.equal(changed, images)


@pytest.mark.parametrize("augment", [RandomCrop(2), RandomHorizontalFlip(), RandomErasing()])
def test_it_draws_from_the_global_generator_and_for_each_image_on_its_own(augment: nn.Module) -> None:
    same = IMAGES[:1].expand(64, -1, -1, -1).contiguous()
    torch.default_generator.manual_seed(7)
    first = augment(same)
    assert len({image.numpy().tobytes() for image in first}) > 1
    torch.default_generator.manual_seed(7)
    assert torch.equal(augment(same), first)


def shifted(image: Tensor, down: int, right: int, fill: int) -> Tensor:
    padded = nn.functional.pad(image, [2] * 4, value=fill)
    return padded[:, 2 + down : 12 + down, 2 + right : 14 + right]


def test_a_crop_is_a_shift_of_all_channels_alike_and_every_shift_is_drawn() -> None:
    seen = set[tuple[int, int]]()
    places = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    for _ in range(10):
        for image, crop in zip(IMAGES, RandomCrop(2, fill=9)(IMAGES), strict=True):
            [place] = [place for place in places if torch.equal(shifted(image, *place, fill=9), crop)]
            seen.add(place)
    assert seen == set(places)


@pytest.mark.parametrize(("p", "least", "most"), [(0.0, 0, 0), (0.5, 16, 48), (1.0, 64, 64)])
def test_so_many_images_are_mirrored_as_the_probability_says(p: float, least: int, most: int) -> None:
    pairs = zip(IMAGES, RandomHorizontalFlip(p)(IMAGES), strict=True)
    states = [(torch.equal(new, old), torch.equal(new, old.flip(-1))) for old, new in pairs]
    assert all(kept or mirrored for kept, mirrored in states)
    assert least <= sum(mirrored for _, mirrored in states) <= most


def test_one_rectangle_of_each_image_is_covered_and_no_more_than_the_share() -> None:
    white = torch.full((200, 3, 40, 40), 255, dtype=torch.uint8)
    covered = RandomErasing(p=1.0, least=0.1, most=0.3, fill=7)(white) == 7
    assert torch.equal(covered[:, 0], covered[:, 2])
    shares = covered[:, 0].float().mean(dim=(1, 2))
    assert shares.min() > 0.05
    assert shares.max() < 0.33
    rows, columns = covered[:, 0].any(dim=2).sum(1), covered[:, 0].any(dim=1).sum(1)
    assert torch.equal(rows * columns, covered[:, 0].sum(dim=(1, 2)))
    assert len(rows.unique()) > 5


def test_nothing_is_covered_with_probability_0() -> None:
    assert torch.equal(RandomErasing(p=0.0)(IMAGES), IMAGES)


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (RandomCrop, {"padding": 0}, "RandomCrop: padding=0 is less than 1"),
        (RandomHorizontalFlip, {"p": 1.5}, r"RandomHorizontalFlip: p=1.5 is not in 0 \.\. 1"),
        (RandomErasing, {"most": -0.1}, r"RandomErasing: most=-0.1 is not in 0 \.\. 1"),
        (RandomErasing, {"least": 0.5}, "RandomErasing: least=0.5 is above most=0.33"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**settings)
