"""What would fail is found, with its component and layer; what cannot be checked is said so."""

from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from typing import Any

import pytest
import torch
from flights import images, supervised
from lightning import LightningModule
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD, Adagrad, Muon, Optimizer
from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix
from torchvision import models

from project.loop import SupervisedLoop
from project.model import MLP, BeegYoshiMLP
from project.preflight import Trouble, preflight
from project.scheduler import OneCycle


def layers(*inner: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Flatten(), *inner)


class Cat(nn.Module):
    """Joins two branches that do not fit, outside any layer."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 4, 3), nn.Conv2d(1, 4, 5)

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.cat([self.left(inputs), self.right(inputs)], 1)


class Halved(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = layers(nn.Linear(784, 10))

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.body(inputs.double())
        return logits


WRONG_LAYERS = [
    (MLP(100, 10), "model.layers.1 (Linear)", "(64, 784) float32", "784"),
    (MLP(785, 10, num_layers=0), "model.layers.1 (Linear)", "(64, 784) float32", "785"),
    (BeegYoshiMLP(100, 10), "model.layers.1 (Linear)", "(64, 784) float32", "784"),
    (layers(nn.Linear(784, 32), nn.ReLU(), nn.Linear(33, 10)), "model.3 (Linear)", "(64, 32) float32", "33"),
    (nn.Sequential(nn.Linear(784, 10)), "model.0 (Linear)", "(64, 1, 28, 28) float32", "784"),
    (nn.Sequential(nn.Conv2d(3, 8, 3)), "model.0 (Conv2d)", "(64, 1, 28, 28) float32", "channels"),
    (nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(9)), "model.1 (BatchNorm2d)", "(64, 8, 26, 26) float32", ""),
    (nn.Sequential(nn.Conv2d(1, 8, 29)), "model.0 (Conv2d)", "(64, 1, 28, 28) float32", "ernel size"),
    (layers(nn.Linear(784, 32), nn.LayerNorm(16)), "model.2 (LayerNorm)", "(64, 32) float32", "16"),
    (Cat(), "model (Cat)", "(64, 1, 28, 28) float32", "26"),
    (Halved(), "model.body.1 (Linear)", "(64, 784) float64", ""),
    (models.resnet18(num_classes=10), "model.conv1 (Conv2d)", "(64, 1, 28, 28) float32", "channels"),
]


@pytest.mark.parametrize(("model", "layer", "given", "piece"), WRONG_LAYERS)
def test_a_layer_that_does_not_fit_is_named(model: nn.Module, layer: str, given: str, piece: str) -> None:
    [trouble] = preflight(images(), supervised(model)).problems
    assert (trouble.component, trouble.layer, trouble.inputs) == ("model", layer, (given,))
    assert piece in trouble.message
    assert "\n" not in trouble.message
    assert str(trouble).startswith(f"{layer}, given {given}: ")


def test_a_wrong_layer_deep_in_a_model_is_named() -> None:
    model = models.resnet50(num_classes=10)
    model.layer3.get_submodule("4").conv2 = nn.Conv2d(256, 255, 3, padding=1)
    [trouble] = preflight(images(64, channels=3, batch_size=2), supervised(model)).problems
    assert trouble.layer == "model.layer3.4.bn2 (BatchNorm2d)"
    assert trouble.inputs == ("(2, 255, 4, 4) float32",)


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every model count as too large to be tried for real."""
    monkeypatch.setattr("project.preflight.flight._SMALL", 0)


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize(("model", "layer", "given", "piece"), WRONG_LAYERS)
def test_a_layer_is_named_without_a_second_opinion(model: nn.Module, layer: str, given: str, piece: str) -> None:
    [trouble] = preflight(images(), supervised(model)).problems
    assert (trouble.layer, trouble.inputs) == (layer, (given,))


def test_a_wrong_image_size_is_found_in_a_transformer() -> None:
    model = models.VisionTransformer(32, 8, num_layers=1, num_heads=2, hidden_dim=32, mlp_dim=32)
    [trouble] = preflight(images(40, channels=3), supervised(model)).problems
    assert (trouble.component, trouble.layer) == ("model", "model (VisionTransformer)")


def test_fewer_outputs_than_classes_are_found_by_the_labels() -> None:
    [trouble] = preflight(images(), supervised(MLP(784, 5), metrics={})).problems
    assert trouble == Trouble(
        "loss", "Target 9 is out of bounds.", "loss (CrossEntropyLoss)", ("(64, 5) float32", "(64,) int64")
    )


@pytest.mark.usefixtures("_large")
def test_fewer_outputs_than_classes_in_a_model_too_large_to_be_tried() -> None:
    report = preflight(images(), supervised(MLP(784, 5), metrics={}))
    assert [each.component for each in report.problems] == ["loss"]


def test_more_outputs_than_classes_are_found_by_the_metrics() -> None:
    found = preflight(images(), supervised(MLP(784, 12))).problems
    assert [each.component for each in found] == ["metrics.accuracy", "metrics.f1"]
    assert found[0].layer == "metrics.accuracy (MulticlassAccuracy)"
    assert found[0].inputs == ("(64, 12) float32", "(64,) int64")


def test_a_metric_of_the_wrong_size_does_not_hide_the_rest() -> None:
    report = preflight(images(), supervised(MLP(784, 10), metrics={"best": MulticlassAccuracy(5)}))
    assert [each.component for each in report.problems] == ["metrics.best"]
    assert report.memory is not None
    assert "val/best" in report.logged["val"]


def test_a_metric_that_cannot_be_logged_is_found() -> None:
    metrics = {"confusion": MulticlassConfusionMatrix(10)}
    found = preflight(images(), supervised(MLP(784, 10), metrics=metrics)).problems
    assert len(found) == 1
    assert "metrics.confusion returns shape (10, 10)" in found[0].message


WRONG_LOSSES: list[tuple[nn.Module, Callable[[Tensor, Tensor], Tensor], str]] = [
    (MLP(784, 10), nn.MSELoss(), "must match"),
    (MLP(784, 1), nn.MSELoss(), "broadcasting"),
    (MLP(784, 1), nn.L1Loss(), "broadcasting"),
    (MLP(784, 10), nn.BCEWithLogitsLoss(), "same as input size"),
    (layers(nn.Linear(784, 1), nn.Flatten(0)), nn.BCEWithLogitsLoss(), "Long"),
    (layers(nn.Linear(784, 1), nn.Flatten(0), nn.Sigmoid()), nn.BCELoss(), "Long"),
    (nn.Linear(28, 10), nn.CrossEntropyLoss(), ""),
    (MLP(784, 10), lambda prediction, target: functional.cross_entropy(prediction, target.float()), "Long"),
    (MLP(784, 10), lambda prediction, target: functional.cross_entropy(prediction, target.int()), "Long"),
    (MLP(784, 10), lambda prediction, target: functional.cross_entropy(prediction, target[:-1]), "batch_size"),
]


@pytest.mark.parametrize(("model", "loss", "piece"), WRONG_LOSSES)
def test_a_loss_that_does_not_fit(model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], piece: str) -> None:
    [trouble] = preflight(images(), supervised(model, loss=loss, metrics={})).problems
    assert trouble.component == "loss"
    assert piece in trouble.message


def test_a_loss_that_is_no_mean() -> None:
    found = preflight(images(), supervised(MLP(784, 10), loss=nn.CrossEntropyLoss(reduction="none"))).problems
    assert [each.message for each in found] == [
        "self.log('train/loss_step', …) takes one number, not a tensor of shape (64,)"
    ]


class WithExtras(MLP):
    """Returns auxiliary logits, too, as GoogLeNet does while it trains."""

    def forward(self, inputs: Tensor) -> Any:
        logits = super().forward(inputs)
        return logits, logits


def test_outputs_with_extras_do_not_fit_the_loss() -> None:
    found = preflight(images(), supervised(WithExtras(784, 10))).problems
    assert "must be Tensor, not tuple" in found[0].message


def test_an_optimizer_without_parameters() -> None:
    model = MLP(784, 10).requires_grad_(requires_grad=False)
    found = preflight(images(), supervised(model)).problems
    assert found[0] == Trouble("optimizer", "optimizer got an empty parameter list")


def test_an_optimizer_that_refuses_a_parameter() -> None:
    [trouble] = preflight(images(), supervised(MLP(784, 10), optimizer=Muon)).problems
    assert trouble.component == "optimizer"
    assert "only supports 2D parameters" in trouble.message


def test_a_scheduler_that_the_optimizer_does_not_suit() -> None:
    loop = supervised(MLP(784, 10), optimizer=partial(Adagrad, lr=0.1), scheduler=OneCycle())
    [trouble] = preflight(images(), loop).problems
    assert trouble.component == "scheduler"
    assert "momentum" in trouble.message


def test_a_schedule_of_a_run_without_an_end() -> None:
    [trouble] = preflight(images(), supervised(MLP(784, 10)), total_steps=inf).problems
    assert trouble.component == "scheduler"
    assert "no known end" in trouble.message


def test_batch_norm_of_one_example() -> None:
    model = layers(nn.Linear(784, 10), nn.BatchNorm1d(10))
    [trouble] = preflight(images(batch_size=1), supervised(model)).problems
    assert trouble.layer == "model.2 (BatchNorm1d)"
    assert preflight(images(batch_size=2), supervised(model)).problems == ()


class Overwriting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = MLP(784, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        squashed: Tensor = torch.sigmoid(self.body(inputs))
        squashed += 1
        return squashed


def test_what_only_the_backward_pass_refuses() -> None:
    [trouble] = preflight(images(), supervised(Overwriting())).problems
    assert "modified by an inplace operation" in trouble.message


class Branching(nn.Module):
    """Decides by a value, before a body that may or may not fit."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.body(inputs * 2 if inputs.max() > 0 else inputs)
        return logits


class Through(Branching):
    """Leaves torch and comes back."""

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.body(torch.as_tensor(inputs.numpy() + 1))
        return logits


class Chosen(Branching):
    """Keeps as many examples as the values allow."""

    def forward(self, inputs: Tensor) -> Tensor:
        bright = inputs[inputs.mean((1, 2, 3)) > -100]
        logits: Tensor = self.body(bright)
        return logits


class Elsewhere(Branching):
    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.body(inputs.to("cuda"))
        return logits


@pytest.mark.parametrize("model", [Branching, Through, Chosen, Elsewhere])
def test_what_depends_on_values_or_devices_is_unchecked_and_no_problem(model: type[Branching]) -> None:
    report = preflight(images(), supervised(model(MLP(784, 10))))
    assert report.problems == ()
    assert len(report.unchecked) == 1
    assert report.unchecked[0].startswith(f"model ({model.__name__}): ")
    assert report.memory is None


def test_names_are_known_even_when_only_real_tensors_pass() -> None:
    report = preflight(images(), supervised(Branching(MLP(784, 10))))
    assert "val/accuracy" in report.logged["val"]


def test_a_mistake_behind_a_branch_is_found_on_real_tensors() -> None:
    [trouble] = preflight(images(), supervised(Branching(MLP(100, 10)))).problems
    assert trouble.layer == "model.body.layers.1 (Linear)"


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("model", [Branching, Through, Chosen, Elsewhere])
def test_so_it_is_in_a_model_too_large_to_be_tried(model: type[Branching]) -> None:
    report = preflight(images(), supervised(model(MLP(784, 10))))
    assert report.problems == ()
    assert len(report.unchecked) == 1


class Own(LightningModule):
    """A loop of a user's, with names of its own."""

    def __init__(self, outputs: int = 10) -> None:
        super().__init__()
        self.net = layers(nn.Linear(784, 32), nn.BatchNorm1d(32), nn.Linear(32, outputs))
        self.seen = MulticlassAccuracy(10)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> dict[str, Tensor]:
        prediction = self.net(batch[0])
        loss = functional.cross_entropy(prediction, batch[1])
        self.log("loss", loss, on_step=True, on_epoch=True)
        return {"loss": loss}

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        prediction = self.net(batch[0])
        self.seen(prediction.softmax(-1), batch[1])
        self.log("seen", self.seen)

    def configure_optimizers(self) -> Any:
        optimizer = SGD(self.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        return [optimizer], [{"scheduler": scheduler, "monitor": "seen"}]


def test_a_loop_of_ones_own_is_checked_by_its_own_steps() -> None:
    report = preflight(images(), Own())
    assert (report.problems, report.unchecked) == ((), ())
    assert report.logged == {"train": {"loss", "loss_step", "loss_epoch"}, "val": {"seen"}}
    components = [(each.component, each.layer) for each in preflight(images(), Own(5)).problems]
    assert components == [("loss", "loss (cross_entropy)"), ("metrics.seen", "metrics.seen (MulticlassAccuracy)")]


class ByHand(Own):
    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False


class Curious(Own):
    def on_train_start(self) -> None:
        self.trainer.strategy.barrier()


class Lazy(Own):
    def __init__(self) -> None:
        super().__init__()
        self.net = layers(nn.LazyLinear(10))


UNCHECKED: list[tuple[type[Own], str]] = [
    (ByHand, "loop: the loop optimizes by hand"),
    (Curious, "loop: the loop uses trainer.strategy, which only a real Trainer has"),
    (Lazy, "loop: a lazy layer learns its shape from the first batch"),
]


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize(("loop", "sentence"), UNCHECKED)
def test_what_a_loop_needs_a_trainer_for_is_unchecked(loop: type[Own], sentence: str) -> None:
    report = preflight(images(), loop())
    assert report.problems == ()
    assert report.unchecked == (sentence,)


class Late(Own):
    """Builds its layers in `setup`."""

    def __init__(self) -> None:
        super().__init__()
        del self.net

    def setup(self, stage: str) -> None:
        self.net = layers(nn.Linear(784, 10))


def test_a_loop_may_build_its_layers_late() -> None:
    loop = Late()
    report = preflight(images(), loop)
    assert (report.problems, report.unchecked) == ((), ())
    assert not hasattr(loop, "net")


def test_a_datamodule_that_declares_no_batch_leaves_the_optimizer_to_check() -> None:
    report = preflight(object(), supervised(MLP(784, 10)))
    assert report.problems == ()
    assert report.unchecked == (
        "object: only the optimizer was built, for want of a batch: it has no method `example_batch(batch_size)`",
    )
    assert report.parameters == 203530
    assert preflight(object(), supervised(MLP(784, 10), optimizer=Muon)).problems != ()


def test_a_constructor_of_an_optimizer_that_fails_is_the_optimizers_problem() -> None:
    def broken(parameters: Iterable[nn.Parameter]) -> Optimizer:
        return SGD(parameters, lr=-1.0)

    loop: SupervisedLoop = supervised(MLP(784, 10), optimizer=broken)
    assert preflight(images(), loop).problems == (Trouble("optimizer", "Invalid learning rate: -1.0"),)
