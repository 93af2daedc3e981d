"""What every datamodule of the catalogue promises: facts, split, order, transforms, and the batch it declares."""

import zlib
from pathlib import Path
from typing import Any

import pytest
import torch
from every_datamodule import MAKERS, OPTIONS, made
from torch import Tensor
from torchvision.transforms import v2

from project.datamodule import ImageDataModule

every_option = pytest.mark.parametrize("option", OPTIONS)
reads_one_by_one = pytest.mark.parametrize("option", ["fake", "image_folder", "datasets"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def images_of(loader: Any, epoch: int = 0) -> list[Tensor]:
    if hasattr(loader.sampler, "set_epoch"):
        loader.sampler.set_epoch(epoch)
    return [image for images, _ in loader for image in images]


def crcs(loader: Any, epoch: int = 0) -> list[int]:
    return [zlib.crc32(image.numpy().tobytes()) for image in images_of(loader, epoch)]


def test_every_option_is_tested_here() -> None:
    assert sorted(MAKERS) == OPTIONS


@every_option
def test_the_split_is_exact_disjoint_and_seeded(option: str, place: Path) -> None:
    data = made(option, place, val_size=7, seed=3, batch_size=1000)
    train, val = crcs(data.train_dataloader()), crcs(data.val_dataloader())
    assert len(val) == 7
    assert not set(train) & set(val)
    assert crcs(made(option, place, val_size=7, seed=3).val_dataloader()) == val
    assert crcs(made(option, place, val_size=7, seed=4).val_dataloader()) != val
    whole = crcs(made(option, place, val_size=1).train_dataloader())
    assert len(whole) == len(train) + 6


@every_option
def test_the_order_is_a_pure_function_of_seed_and_epoch_and_can_begin_anywhere(option: str, place: Path) -> None:
    data, again = (made(option, place, seed=5, batch_size=8) for _ in range(2))
    second = crcs(data.train_dataloader(), epoch=2)
    assert crcs(again.train_dataloader(), epoch=2) == second
    loader: Any = again.train_dataloader()
    assert crcs(loader, epoch=1) != second
    loader.sampler.resume, loader.sampler.skipped = (2, 3), 3 * 8
    assert crcs(loader, epoch=2) == second[24:]


@every_option
def test_the_declared_batch_is_like_a_real_one(option: str, place: Path) -> None:
    data = made(option, place, batch_size=4)
    images, targets = data.example_batch()
    for batch in (next(iter(data.train_dataloader())), next(iter(data.test_dataloader()))):
        real_images, real_targets = data.on_after_batch_transfer(batch, 0)
        assert (real_images.shape, real_images.dtype) == (images.shape, images.dtype)
        assert (real_targets.shape, real_targets.dtype) == (targets.shape, targets.dtype)
    assert data.targets.problem(targets) is None
    assert targets.shape == ((4,) if data.task == "multiclass" else (4, data.output_dim))


@every_option
def test_a_declared_batch_has_as_many_examples_as_are_asked_for(option: str, place: Path) -> None:
    assert [len(part) for part in made(option, place).example_batch(3)] == [3, 3]


@every_option
def test_its_normalised_images_have_mean_0_and_deviation_1(option: str, place: Path) -> None:
    if option in {"cifar10", "cifar100", "image_folder"}:
        pytest.skip("the facts are those of real photographs, and these files are noise")
    data = made(option, place, batch_size=10_000)
    images = data.normalise(next(iter(data.train_dataloader()))[0])
    assert images.mean().item() == pytest.approx(0, abs=0.03)
    assert images.std().item() == pytest.approx(1, abs=0.03)


def target_statistics(data: ImageDataModule) -> tuple[float, float]:
    targets = torch.cat([targets for _, targets in data.train_dataloader()])
    return targets.mean().item(), targets.std().item()


def test_the_targets_of_a_regression_have_the_mean_and_deviation_it_states(place: Path) -> None:
    data = made("rotated_fashion_mnist", place, max_angle=20.0)
    assert target_statistics(data) == pytest.approx((data.target_mean, data.target_std), abs=0.3)
    assert data.target_std == pytest.approx(11.547, abs=1e-3)


@every_option
def test_a_transform_is_for_training_and_another_one_for_the_rest(option: str, place: Path) -> None:
    plain = made(option, place, batch_size=16)
    treated = made(option, place, batch_size=16, transform=torch.zeros_like, eval_transform=v2.RandomInvert(p=1.0))
    images, targets = next(iter(treated.train_dataloader()))
    assert images.max() == 0
    assert torch.equal(targets, next(iter(plain.train_dataloader()))[1])
    for stage in ("val", "test"):
        inverted, _ = next(iter(getattr(treated, f"{stage}_dataloader")()))
        expected, _ = next(iter(getattr(plain, f"{stage}_dataloader")()))
        # Where images are scaled afterwards, rounding may differ.
        assert (inverted.int() - (255 - expected.int())).abs().max() <= 2


@every_option
def test_a_transform_draws_for_each_image_on_its_own(option: str, place: Path) -> None:
    plain, flipped = (
        made(option, place, batch_size=32, seed=1, transform=transform)
        for transform in (None, v2.RandomHorizontalFlip(p=0.5))
    )
    before, after = (next(iter(data.train_dataloader()))[0] for data in (plain, flipped))
    changed = [not torch.equal(one, other) for one, other in zip(before, after, strict=True)]
    assert 0 < sum(changed) < 32


@reads_one_by_one
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_neither_workers_nor_the_global_generator_change_what_a_transform_draws(option: str, place: Path) -> None:
    jitter = v2.RandomAffine(degrees=[-90.0, 90.0])
    first = images_of(made(option, place, transform=jitter, batch_size=9, num_workers=2).train_dataloader(), epoch=1)
    torch.rand(1)  # moves the global generator
    state = torch.get_rng_state()
    second = images_of(made(option, place, transform=jitter, batch_size=9).train_dataloader(), epoch=1)
    assert torch.equal(torch.stack(first), torch.stack(second))
    loader: Any = made(option, place, transform=jitter, batch_size=9).train_dataloader()
    torch.set_rng_state(state)
    next(iter(loader.batch_sampler))
    loader.dataset.__getitems__([0, 1, 2])
    assert torch.equal(torch.get_rng_state(), state)


@reads_one_by_one
def test_a_transform_draws_anew_in_each_epoch(option: str, place: Path) -> None:
    flips = made(option, place, transform=v2.RandomHorizontalFlip(p=0.5), batch_size=9).train_dataloader()
    one, other = (sorted(crcs(flips, epoch)) for epoch in (1, 2))
    assert one != other


@every_option
def test_a_transform_that_changes_the_shape_is_refused(option: str, place: Path) -> None:
    data = made(option, place, transform=v2.RandomCrop(5))
    if data.resizes:
        assert next(iter(data.train_dataloader()))[0].shape[1:] == (3, 16, 20)
        return
    with pytest.raises(ValueError, match=r"an image is \(\d, 5, 5\) torch.uint8 after its transform, and must be"):
        next(iter(data.train_dataloader()))
