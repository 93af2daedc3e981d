"""The losses, against torch's own and against closed forms."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, softmax

from project.loss import AbsoluteError, BinaryCrossEntropy, Focal, Huber, SquaredError

# B = 12 examples, K = 4 classes or labels

LOGITS = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(12) % 4
ANSWERS = one_hot(LABELS, 4)


@pytest.mark.parametrize(
    ("ours", "torchs"),
    [
        (SquaredError(), nn.MSELoss()),
        (AbsoluteError(), nn.L1Loss()),
        (Huber(delta=0.3), nn.HuberLoss(delta=0.3)),
        (BinaryCrossEntropy(), nn.BCEWithLogitsLoss()),
        (BinaryCrossEntropy(pos_weight=3.0), nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))),
    ],
    ids=["squared", "absolute", "huber", "binary", "weighted"],
)
def test_a_loss_by_numbers_is_torchs_on_whole_numbers_as_well(ours: nn.Module, torchs: nn.Module) -> None:
    torch.testing.assert_close(ours(LOGITS, ANSWERS), torchs(LOGITS, ANSWERS.float()))


@pytest.mark.parametrize("loss", [SquaredError(), AbsoluteError(), Huber(), BinaryCrossEntropy()])
@pytest.mark.parametrize(("prediction", "target"), [((12, 1), (12,)), ((12,), (12, 1)), ((12, 4), (12,))])
def test_shapes_that_torch_would_spread_are_refused(
    loss: nn.Module, prediction: tuple[int, ...], target: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="must be of one shape"):
        loss(torch.zeros(prediction), torch.zeros(target))


def test_focal_loss_without_a_focus_is_cross_entropy() -> None:
    torch.testing.assert_close(Focal(gamma=0.0)(LOGITS, LABELS), cross_entropy(LOGITS, LABELS))


def test_focal_loss_is_the_formula_of_the_paper() -> None:
    probability = softmax(LOGITS, dim=1)[torch.arange(12), LABELS]
    alpha = (0.1, 0.2, 0.3, 0.4)
    expected = -torch.tensor(alpha)[LABELS] * (1 - probability) ** 1.5 * probability.log()
    torch.testing.assert_close(Focal(gamma=1.5, alpha=alpha)(LOGITS, LABELS), expected.mean())


def test_focal_loss_of_a_certain_label_is_that_of_the_label() -> None:
    loss = Focal(alpha=[1.0, 2.0, 3.0, 4.0])
    torch.testing.assert_close(loss(LOGITS, ANSWERS.float()), loss(LOGITS, LABELS))


def test_focal_loss_without_a_focus_is_cross_entropy_for_probabilities_too() -> None:
    target = softmax(LOGITS.flip(0), dim=1)
    torch.testing.assert_close(Focal(gamma=0.0)(LOGITS, target), cross_entropy(LOGITS, target))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_has_a_gradient_where_the_model_is_certain(gamma: float) -> None:
    logits = torch.tensor([[200.0, 0.0], [0.0, 200.0]], requires_grad=True)
    loss: Tensor = Focal(gamma=gamma)(logits, torch.tensor([0, 0]))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient.isfinite().all()
    assert gradient[1, 0] < 0


@pytest.mark.parametrize("target", [torch.full((12,), 4), LABELS[:, None], ANSWERS])
def test_focal_loss_refuses_what_is_no_label(target: Tensor) -> None:
    with pytest.raises((IndexError, RuntimeError)):
        Focal()(LOGITS, target)


def test_focal_loss_says_how_many_weights_it_needs() -> None:
    with pytest.raises(ValueError, match="alpha has 2 weights, and the number of classes is 4"):
        Focal(alpha=[1.0, 2.0])(LOGITS, LABELS)


def test_the_weights_of_a_loss_stay_out_of_checkpoints() -> None:
    assert Focal(alpha=[1.0, 2.0]).state_dict() == {}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (partial(Focal, gamma=-1.0), "gamma=-1.0: must be 0"),
        (partial(Focal, alpha=[1.0, -1.0]), "every weight must be 0 or more"),
        (partial(Huber, delta=0.0), "delta=0.0: must be above 0"),
        (partial(BinaryCrossEntropy, pos_weight=float("nan")), "pos_weight=nan: must be above 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(build: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
