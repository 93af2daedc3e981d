"""What every image datamodule promises: facts, split, order, batches, normalisation."""

from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from project.datamodule import MNIST, FashionMNIST, ImageDataModule
from project.datamodule.batches import EpochOrder, LabelledImages

# N = images, B = batch


def bundled(**settings: Any) -> FashionMNIST:
    data = FashionMNIST(source="bundled", **settings)
    data.setup("fit")
    data.setup("test")
    return data


def identities(images: Tensor) -> list[bytes]:
    return [image.numpy().tobytes() for image in images]


def epoch_of(data: ImageDataModule, epoch: int) -> list[tuple[Tensor, Tensor]]:
    loader: Any = data.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return list(loader)


def order(data: ImageDataModule, epoch: int) -> list[bytes]:
    return [identity for images, _ in epoch_of(data, epoch) for identity in identities(images)]


@pytest.mark.parametrize("dataset", [FashionMNIST, MNIST])
def test_facts_are_read_from_the_class(dataset: type[ImageDataModule]) -> None:
    data = dataset()
    assert (data.input_dim, data.num_classes, data.output_dim) == (784, 10, 10)


def test_mean_and_std_are_those_of_the_training_set() -> None:
    images, _ = FashionMNIST().load(train=True)
    assert FashionMNIST.mean == pytest.approx([images.div(255).mean().item()], abs=5e-3)
    assert FashionMNIST.std == pytest.approx([images.div(255).std().item()], abs=5e-3)


def test_the_split_is_exact_and_disjoint() -> None:
    data = bundled(val_size=1234)
    train, val = order(data, 0), [i for images, _ in data.val_dataloader() for i in identities(images)]
    whole, _ = FashionMNIST(source="bundled").load(train=True)
    assert (len(train), len(val)) == (4766, 1234)
    assert sorted(train + val) == sorted(identities(whole))


def test_one_image_in_twelve_is_held_out_unless_told() -> None:
    data = bundled(batch_size=500)
    assert (len(data.train_dataloader()), len(data.val_dataloader())) == (11, 1)


def test_the_split_depends_on_the_seed_alone() -> None:
    def held_out(**settings: Any) -> list[bytes]:
        return [i for images, _ in bundled(**settings).val_dataloader() for i in identities(images)]

    torch.rand(1)  # moves the global generator
    assert held_out(seed=5) == held_out(seed=5, batch_size=7)
    assert held_out(seed=5) != held_out(seed=6)


def test_the_order_is_a_pure_function_of_seed_and_epoch() -> None:
    data, again = bundled(seed=5), bundled(seed=5, batch_size=100)
    third = order(data, 3)
    torch.rand(1)  # moves the global generator
    assert order(again, 3) == third
    assert order(data, 2) != third
    assert order(data, 3) == third


def test_no_two_seeds_share_an_order() -> None:
    dataset = LabelledImages(torch.zeros(100, 1, 1, 1), torch.zeros(100))
    orders = {
        tuple(EpochOrder(dataset, batch_size=1, shuffle=True, seed=s, resume=(e, 0)))
        for s in range(9)
        for e in range(9)
    }
    assert len(orders) == 81


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("stage", ["train", "val", "test", "predict"])
def test_workers_change_nothing(stage: str) -> None:
    batches = [list(getattr(bundled(num_workers=n, batch_size=999), f"{stage}_dataloader")()) for n in (0, 2)]
    torch.testing.assert_close(batches[0], batches[1], rtol=0, atol=0)


def test_batches_are_pairs_of_bytes_and_labels() -> None:
    images, labels = next(iter(bundled(batch_size=50).test_dataloader()))
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == (
        (50, 1, 28, 28),
        torch.uint8,
        (50,),
        torch.int64,
    )


def test_prediction_is_given_the_test_images_alone() -> None:
    data = bundled()
    for images, (expected, _) in zip(data.predict_dataloader(), data.test_dataloader(), strict=True):
        assert torch.equal(images, expected)


def test_normalisation_is_that_of_torchvision() -> None:
    v2: Any = import_module("torchvision.transforms.v2")
    data = bundled()
    batch = next(iter(data.train_dataloader()))
    transform = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(data.mean, data.std)])
    images, labels = data.on_after_batch_transfer(batch, 0)
    torch.testing.assert_close(images, transform(batch[0]))
    assert labels is batch[1]


@pytest.mark.parametrize("world_size", [2, 3, 8])
@pytest.mark.parametrize("size", [8, 96, 97, 103, 128, 129, 200])
def test_ranks_share_the_samples_and_step_alike(size: int, world_size: int) -> None:
    dataset = LabelledImages(torch.zeros(size, 1, 1, 1), torch.zeros(size))
    batch_size = 16
    shares = [
        list(EpochOrder(dataset, batch_size=batch_size, shuffle=True, rank=rank, world_size=world_size))
        for rank in range(world_size)
    ]
    steps = {-(-len(share) // batch_size) for share in shares}
    in_last_step = size % (batch_size * world_size)
    repeated = world_size - in_last_step if 0 < in_last_step < world_size else 0
    assert steps == {-(-size // (batch_size * world_size))}
    assert sorted({index for share in shares for index in share}) == list(range(size))
    assert sum(map(len, shares)) == size + repeated


def test_a_step_of_all_ranks_takes_the_samples_of_one_process_with_their_batches_together() -> None:
    dataset = LabelledImages(torch.zeros(100, 1, 1, 1), torch.zeros(100))
    one = list(EpochOrder(dataset, batch_size=20, shuffle=True))
    shares = [list(EpochOrder(dataset, batch_size=10, shuffle=True, rank=rank, world_size=2)) for rank in range(2)]
    for start, stop in pairwise(range(0, 101, 20)):
        both = [share[start // 2 : stop // 2] for share in shares]
        assert sorted(both[0] + both[1]) == sorted(one[start:stop])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"batch_size": 0, "num_workers": -1},
            "FashionMNIST: batch_size=0 is less than 1; num_workers=-1 is less than 0",
        ),
        ({"val_size": 0}, "FashionMNIST: val_size=0 is less than 1"),
        (
            {"val_size": 6000},
            (
                r"FashionMNIST: val_size=6000 leaves nothing to train on: the training set has 6000 images\."
                r" Hold out fewer, or leave val_size out for 500\."
            ),
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bundled(**settings)


def test_a_source_that_does_not_exist_is_refused() -> None:
    wrong: Any = "bundle"
    with pytest.raises(ValueError, match="FashionMNIST: source='bundle' is none of 'auto', 'full', 'bundled'"):
        FashionMNIST(source=wrong)


def test_a_loader_before_setup_says_what_to_call() -> None:
    with pytest.raises(ValueError, match=r"FashionMNIST: call prepare_data\(\) and setup\('fit'\) before the loaders"):
        FashionMNIST().train_dataloader()


class Colours(ImageDataModule):
    """The whole of what a user writes for a dataset of their own."""

    classes = ("dark", "bright")
    num_channels, height, width = 3, 2, 4
    mean, std = (0.1, 0.2, 0.3), (1.0, 2.0, 4.0)

    def load(self, train: bool) -> tuple[Tensor, Tensor]:
        return torch.full((24, 3, 2, 4), 51, dtype=torch.uint8), torch.arange(24) % 2


def test_a_dataset_of_ones_own_is_its_facts_and_its_load() -> None:
    data = Colours(batch_size=4)
    data.setup("fit")
    images = data.normalise(next(iter(data.train_dataloader()))[0])
    assert (data.num_classes, data.input_dim, len(data.train_dataloader())) == (2, 24, 6)
    torch.testing.assert_close(images[0, :, 0, 0], torch.tensor([0.1, 0.0, -0.025]))


def test_a_dataset_without_its_facts_is_refused() -> None:
    class Nameless(ImageDataModule):
        num_channels, height, width = 1, 2, 2

        def load(self, train: bool) -> tuple[Tensor, Tensor]:
            raise NotImplementedError

    with pytest.raises(TypeError, match="Nameless lacks the class attributes classes, mean, std"):
        Nameless()


def test_a_mean_for_each_channel_is_required() -> None:
    with pytest.raises(ValueError, match="Grey: mean and std need one value for each of 3 channels"):
        type("Grey", (Colours,), {"mean": (0.5,)})()


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            torch.zeros(9, 3, 2, 4),
            torch.zeros(9).long(),
            r"load gave torch.float32 and torch.int64, not uint8 and int64",
        ),
        (
            torch.zeros(9, 4, 2, 3).byte(),
            torch.zeros(9).long(),
            r"images \(9, 4, 2, 3\) and labels \(9,\), not \(N, 3, 2, 4\) and \(N,\)",
        ),
        (torch.zeros(9, 3, 2, 4).byte(), torch.arange(9), r"load gave labels from 0 to 8, not in 0 \.\. 1"),
    ],
)
def test_what_load_gives_is_checked(images: Tensor, labels: Tensor, message: str) -> None:
    class Wrong(Colours):
        def load(self, train: bool) -> tuple[Tensor, Tensor]:
            return images, labels

    with pytest.raises(ValueError, match=message):
        Wrong().setup("fit")


class Dtypes(LightningModule):
    """Notes the dtype of the images that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(784, 10)
        self.seen: set[torch.dtype] = set()

    def test_step(self, batch: tuple[Tensor, Tensor]) -> None:
        self.seen.add(batch[0].dtype)
        self.layer(batch[0].flatten(1))


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize(("precision", "dtype"), [("32-true", torch.float32), ("bf16-true", torch.bfloat16)])
def test_images_have_the_dtype_of_the_model(precision: Any, dtype: torch.dtype) -> None:
    quiet: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    model = Dtypes()
    Trainer(accelerator="cpu", precision=precision, limit_test_batches=1, **quiet).test(
        model, FashionMNIST(source="bundled"), verbose=False
    )
    assert model.seen == {dtype}
