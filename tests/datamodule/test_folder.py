"""Image files in directories."""

from pathlib import Path
from typing import Any

import pytest
import torch
from every_datamodule import write_images
from PIL import Image
from torchvision.transforms import v2

from project.datamodule import ImageFolder


def folder(directory: Path, num_classes: int = 3, **settings: Any) -> ImageFolder:
    sizes: dict[str, Any] = {"height": 16, "width": 20, "num_workers": 0}
    return ImageFolder(directory, num_classes=num_classes, **sizes | settings)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_images(tmp_path, "train", count=4)
    write_images(tmp_path, "test", count=2)
    return tmp_path


def test_images_of_any_size_are_scaled_and_labelled_by_their_directory(directory: Path) -> None:
    data = folder(directory)
    data.setup("test")
    images, labels = next(iter(data.test_dataloader()))
    assert (images.shape, images.dtype) == ((6, 3, 16, 20), torch.uint8)
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.classes == ("cat", "dog", "fox")


def test_a_transform_sees_the_image_as_it_was_stored(directory: Path) -> None:
    seen: list[tuple[int, ...]] = []

    def note(image: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(image.shape))
        return image

    data = folder(directory, eval_transform=note)
    data.setup("test")
    next(iter(data.test_dataloader()))
    assert seen[:3] == [(3, 9, 12), (3, 10, 12), (3, 9, 13)]


def test_scaling_is_that_of_torchvision(directory: Path) -> None:
    data = folder(directory)
    data.setup("test")
    image = next(iter(data.test_dataloader()))[0][0]
    stored = v2.functional.pil_to_tensor(Image.open(directory / "test/cat/0.png"))
    assert torch.equal(image, v2.Resize((16, 20))(stored))


def test_colour_becomes_grey_and_grey_becomes_colour(directory: Path) -> None:
    grey = folder(directory, num_channels=1, mean=(0.5,), std=(0.2,))
    grey.setup("test")
    assert next(iter(grey.test_dataloader()))[0].shape == (6, 1, 16, 20)
    Image.open(directory / "test/cat/0.png").convert("L").save(directory / "test/cat/0.png")
    colour = folder(directory)
    colour.setup("test")
    assert next(iter(colour.test_dataloader()))[0].shape == (6, 3, 16, 20)


def test_a_validation_set_of_its_own_is_used_and_nothing_held_out(directory: Path) -> None:
    write_images(directory, "val", count=1)
    data = folder(directory)
    data.setup("fit")
    train, val = data.train_dataloader(), data.val_dataloader()
    assert [sum(len(labels) for _, labels in loader) for loader in (train, val)] == [12, 3]


def test_a_val_size_beside_a_validation_set_is_refused(directory: Path) -> None:
    write_images(directory, "val", count=1)
    with pytest.raises(ValueError, match=r"val_size=2 has no effect, for .*/val is there; leave val_size out"):
        folder(directory, val_size=2).setup("fit")


def test_another_number_of_classes_is_refused_by_name(directory: Path) -> None:
    with pytest.raises(ValueError, match=r"num_classes=2, but .*/train has 3 directories: cat, dog, fox; give num_cl"):
        folder(directory, num_classes=2).setup("fit")


def test_a_test_set_of_other_classes_is_refused(directory: Path) -> None:
    (directory / "test/fox").rename(directory / "test/wolf")
    with pytest.raises(ValueError, match="/test has other classes than train: cat, dog, wolf instead of cat, dog, fox"):
        folder(directory).setup("test")


def test_a_missing_directory_is_an_error_that_says_what_belongs_there(tmp_path: Path) -> None:
    write_images(tmp_path, "train", count=1)
    with pytest.raises(FileNotFoundError, match=r"there is no .*/test\. data_dir must hold train/CLASS/ and test/CLA"):
        folder(tmp_path).prepare_data()


def test_a_class_without_an_image_is_an_error(directory: Path) -> None:
    for file in (directory / "train/dog").iterdir():
        file.unlink()
    with pytest.raises(FileNotFoundError, match="no valid file for the classes dog"):
        folder(directory).setup("fit")


def test_a_mean_for_each_channel_is_required(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ImageFolder: mean and std need one value for each of 1 channels"):
        folder(tmp_path, num_channels=1)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_workers_read_what_one_process_reads(directory: Path) -> None:
    batches: list[Any] = []
    for num_workers in (0, 2):
        data = folder(directory, num_workers=num_workers, batch_size=5)
        data.setup("test")
        batches.append(list(data.test_dataloader()))
    torch.testing.assert_close(batches[0], batches[1], rtol=0, atol=0)
