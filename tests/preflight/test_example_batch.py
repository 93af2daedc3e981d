"""The batch that a datamodule declares without loading data."""

import pytest
import torch
from flights import images

from project.preflight import DeclaresBatch


@pytest.mark.parametrize("batch_size", [None, 1, 7, 64])
def test_it_is_like_a_batch_of_the_run(batch_size: int | None) -> None:
    data = images(size=8, channels=3, classes=5, batch_size=16)
    data.setup("fit")
    images_, labels = data.example_batch(batch_size)
    real_images, real_labels = next(iter(data.train_dataloader()))
    real_images = data.normalise(real_images)
    assert images_.shape == (batch_size or 16, *real_images.shape[1:])
    assert labels.shape == (batch_size or 16,)
    assert (images_.dtype, labels.dtype) == (real_images.dtype, real_labels.dtype)


def test_it_holds_the_last_class_first_and_every_class_if_it_can() -> None:
    data = images(classes=5)
    assert torch.equal(data.example_batch(2)[1], torch.tensor([4, 3]))
    assert torch.bincount(data.example_batch()[1]).min() > 0


def test_it_needs_no_data() -> None:
    data = images()
    assert isinstance(data, DeclaresBatch)
    assert torch.isfinite(data.example_batch()[0]).all()
    with pytest.raises(ValueError, match="setup"):
        data.train_dataloader()
