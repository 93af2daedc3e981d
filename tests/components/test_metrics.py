"""The managed set of metrics, against torchmetrics applied by hand to everything at once."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torchmetrics import Metric, classification
from torchmetrics.classification import (
    BinaryAccuracy,
    BinaryROC,
    BinaryStatScores,
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
)
from torchmetrics.regression import CosineSimilarity, MeanAbsoluteError, MeanSquaredError, R2Score
from torchmetrics.wrappers import ClasswiseWrapper

from project import metrics as ours
from project.metrics import Metrics, Phase

# N = 23 examples in batches of 6, 6, 6 and 5, K = 3 classes

LOSS = torch.tensor(1.0)


def examples(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(23, 3, generator=generator), torch.randint(3, (23,), generator=generator)


def feed(metrics: Metrics, phase: Phase, prediction: Tensor, target: Tensor, dataloader_idx: int = 0) -> None:
    for some, some_target in zip(prediction.chunk(4), target.chunk(4), strict=True):
        metrics.update(phase, some, some_target, cross_entropy(some, some_target), dataloader_idx)


@pytest.mark.parametrize(
    "metric",
    [
        MulticlassAccuracy(3, average="micro"),
        MulticlassAccuracy(3, average="macro"),
        MulticlassF1Score(3),
        MulticlassAUROC(3, thresholds=None),
    ],
    ids=["micro", "macro", "f1", "auroc"],
)
def test_values_are_those_of_all_batches_at_once(metric: Metric) -> None:
    prediction, target = examples(0)
    metrics = Metrics({"score": metric})
    feed(metrics, "val", prediction, target)
    torch.testing.assert_close(metrics.compute("val")["val/score"], metric.clone()(prediction, target))


def test_the_loss_is_a_mean_over_examples_not_batches() -> None:
    prediction, target = examples(0)
    metrics = Metrics({})
    feed(metrics, "train", prediction, target)
    torch.testing.assert_close(metrics.compute("train"), {"train/loss": cross_entropy(prediction, target)})


def test_a_nan_loss_shows() -> None:
    metrics = Metrics({})
    metrics.update("train", *examples(0), torch.tensor(float("nan")))
    metrics.update("train", *examples(1), LOSS)
    assert metrics.compute("train")["train/loss"].isnan()


def test_phases_are_kept_apart() -> None:
    metrics = Metrics({"accuracy": MulticlassAccuracy(3)})
    phases: list[Phase] = ["train", "val", "test"]
    for seed, phase in enumerate(phases):
        feed(metrics, phase, *examples(seed))
    for seed, phase in enumerate(phases):
        expected = MulticlassAccuracy(3)(*examples(seed))
        torch.testing.assert_close(metrics.compute(phase)[f"{phase}/accuracy"], expected)


def test_dataloaders_are_kept_apart_and_named_as_in_lightning() -> None:
    metrics = Metrics({"accuracy": MulticlassAccuracy(3)})
    feed(metrics, "val", *examples(0), dataloader_idx=0)
    feed(metrics, "val", *examples(1), dataloader_idx=1)
    values = metrics.compute("val")
    assert list(values) == [
        "val/loss",
        "val/accuracy",
        "val/loss/dataloader_idx_1",
        "val/accuracy/dataloader_idx_1",
    ]
    torch.testing.assert_close(values["val/accuracy"], MulticlassAccuracy(3)(*examples(0)))
    torch.testing.assert_close(values["val/accuracy/dataloader_idx_1"], MulticlassAccuracy(3)(*examples(1)))


def test_a_reset_forgets_one_phase_and_no_other() -> None:
    metrics = Metrics({"accuracy": MulticlassAccuracy(3)})
    feed(metrics, "train", *examples(0))
    feed(metrics, "val", *examples(1))
    train = metrics.compute("train")
    metrics.reset("val")
    assert metrics.compute("val") == {}
    assert metrics.compute("train") == train
    feed(metrics, "val", *examples(2))
    torch.testing.assert_close(metrics.compute("val")["val/accuracy"], MulticlassAccuracy(3)(*examples(2)))


def test_the_metrics_given_are_never_updated() -> None:
    template = MulticlassAccuracy(3)
    feed(Metrics({"accuracy": template}), "val", *examples(0))
    assert not template.update_called


def test_metrics_that_agree_on_the_first_batch_are_not_taken_for_one() -> None:
    metrics = Metrics({"half": BinaryAccuracy(0.5), "third": BinaryAccuracy(0.3)})
    metrics.update("val", torch.tensor([0.9, 0.1]), torch.tensor([1, 0]), LOSS)
    metrics.update("val", torch.tensor([0.4, 0.4]), torch.tensor([1, 1]), LOSS)
    values = metrics.compute("val")
    assert (values["val/half"].item(), values["val/third"].item()) == (0.5, 1.0)


def test_a_value_per_class_becomes_an_entry_per_class() -> None:
    prediction, target = examples(0)
    metrics = Metrics({"recall": MulticlassAccuracy(3, average="none")})
    feed(metrics, "val", prediction, target)
    values = metrics.compute("val")
    per_class = MulticlassAccuracy(3, average="none")(prediction, target)
    for index in range(3):
        torch.testing.assert_close(values[f"val/recall/{index}"], per_class[index])


def test_a_metric_of_several_names_becomes_an_entry_for_each() -> None:
    classwise = ClasswiseWrapper(MulticlassAccuracy(3, average="none"), labels=["cat", "dog", "owl"], prefix="of_")
    metrics = Metrics({"recall": classwise})
    feed(metrics, "test", *examples(0))
    assert set(metrics.compute("test")) == {
        "test/loss",
        "test/recall/of_cat",
        "test/recall/of_dog",
        "test/recall/of_owl",
    }


def test_counts_become_floats_as_loggers_want_them() -> None:
    metrics = Metrics({"counts": BinaryStatScores()})
    metrics.update("val", torch.tensor([0.9, 0.1]), torch.tensor([1, 0]), LOSS)
    assert all(value.is_floating_point() for value in metrics.compute("val").values())


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (MulticlassConfusionMatrix(3), r"metrics\.odd returns shape \(3, 3\); it must return a scalar, one value per"),
        (BinaryROC(thresholds=5), r"metrics\.odd returns a tuple; .* in a callback"),
    ],
)
def test_what_is_no_scalar_is_refused_by_name(metric: Metric, message: str) -> None:
    metrics = Metrics({"odd": metric})
    if isinstance(metric, BinaryROC):
        metrics.update("val", torch.tensor([0.9, 0.1]), torch.tensor([1, 0]), LOSS)
    else:
        feed(metrics, "val", *examples(0))
    with pytest.raises(ValueError, match=message):
        metrics.compute("val")


def test_no_metric_may_be_called_loss() -> None:
    with pytest.raises(ValueError, match="'loss' is the name of the mean loss"):
        Metrics({"loss": MulticlassAccuracy(3)})


def test_nothing_is_known_before_the_first_batch() -> None:
    assert Metrics({"accuracy": MulticlassAccuracy(3)}).compute("train") == {}


def test_a_prediction_is_remembered_without_its_graph() -> None:
    metrics = Metrics({"angle": CosineSimilarity(reduction="mean")})
    prediction = torch.rand(5, 3, requires_grad=True)
    metrics.update("train", prediction, torch.rand(5, 3), prediction.mean())
    assert not any(value.requires_grad for value in metrics.compute("train").values())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_metrics_follow_the_device_of_the_data() -> None:
    prediction, target = examples(0)
    metrics = Metrics({"accuracy": MulticlassAccuracy(3)})
    for device in ("cuda", "cpu"):
        metrics.reset("val")
        feed(metrics, "val", prediction.to(device), target.to(device))
        assert {value.device.type for value in metrics.compute("val").values()} == {device}


def logits(binary: bool) -> tuple[Tensor, Tensor]:
    """Of 23 examples and 3 labels, or 1; some batches of them lie wholly between 0 and 1."""
    generator = torch.Generator().manual_seed(0)
    shape = (23, 1 if binary else 3)
    scale = torch.tensor([0.1, 3.0, 0.1, 3.0]).repeat_interleave(6)[:23, None]
    return scale * torch.rand(shape, generator=generator), torch.randint(2, shape, generator=generator)


@pytest.mark.parametrize(
    "name",
    [
        *("BinaryAccuracy", "BinaryF1Score", "BinaryAUROC", "BinaryAveragePrecision"),
        *("MultilabelAccuracy", "MultilabelF1Score", "MultilabelAUROC", "MultilabelAveragePrecision"),
    ],
)
def test_small_logits_are_not_taken_for_probabilities(name: str) -> None:
    binary = name.startswith("Binary")
    settings = {} if binary else {"num_labels": 3}
    prediction, target = logits(binary)
    values = Metrics({"score": getattr(ours, name)(**settings)})
    for some, some_target in zip(prediction.chunk(4), target.chunk(4), strict=True):
        values.update("val", some, some_target, LOSS)
    expected = getattr(classification, name)(**settings)(prediction.sigmoid(), target)
    torch.testing.assert_close(values.compute("val")["val/score"], expected)


@pytest.mark.parametrize("name", ["MulticlassAUROC", "MulticlassCalibrationError"])
def test_small_logits_of_classes_are_not_taken_for_probabilities_either(name: str) -> None:
    prediction, target = torch.rand(23, 3), examples(0)[1]
    metrics = Metrics({"score": getattr(ours, name)(num_classes=3)})
    feed(metrics, "val", prediction, target)
    expected = getattr(classification, name)(num_classes=3)(prediction.softmax(1), target)
    torch.testing.assert_close(metrics.compute("val")["val/score"], expected)


@pytest.mark.parametrize(
    ("metric", "shape"),
    [
        (MeanAbsoluteError(), (23, 1)),
        (MeanSquaredError(squared=False), (23, 1)),
        (R2Score(), (23, 1)),
        (MeanAbsoluteError(), (23, 1, 4, 4)),
        (MeanSquaredError(), (23, 1, 4, 4)),
    ],
)
def test_numbers_and_images_are_compared_in_full_precision(metric: Metric, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    prediction, target = (torch.randn(shape, generator=generator).bfloat16() for _ in range(2))
    metrics = Metrics({"error": metric})
    for some, some_target in zip(prediction.chunk(4), target.chunk(4), strict=True):
        metrics.update("val", some, some_target, LOSS)
    expected = metric.clone()(prediction.float(), target.float())
    torch.testing.assert_close(metrics.compute("val")["val/error"], expected)
