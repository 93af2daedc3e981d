"""A step taken without torch's wrappers is torch's step."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
import torch
from lightning import seed_everything
from torch import Tensor, nn
from torch.optim import LBFGS, SGD, Adam, AdamW, NAdam, Optimizer, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, OneCycleLR
from torch.optim.optimizer import register_optimizer_step_post_hook

from project.rounds.plain import PlainStep, step_schedule

Make = Callable[[Iterable[nn.Parameter]], Optimizer]


def with_a_rate_in_a_tensor(parameters: Iterable[nn.Parameter]) -> Optimizer:
    return Adam(parameters, lr=torch.tensor(1e-2), fused=True)


def trained(make: Make, plainly: bool) -> tuple[list[Tensor], Optimizer]:
    """The parameters after some steps, of which one finds no gradient at the second layer."""
    seed_everything(0, verbose=False)
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    optimizer = make(model.parameters())
    schedule = LambdaLR(optimizer, lambda step: 1 / (1 + step))
    step = PlainStep(optimizer)
    for number in range(5):
        optimizer.zero_grad()
        (model[0] if number == 2 else model)(torch.randn(6, 4)).square().sum().backward()
        if plainly:
            assert step.enough
            step()
        else:
            optimizer.step()
        schedule.step()
    return list(model.parameters()), optimizer


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(partial(Adam, fused=True, weight_decay=0.1), id="adam"),
        pytest.param(partial(Adam, fused=True, amsgrad=True), id="amsgrad"),
        pytest.param(partial(Adam, maximize=True), id="adam of no kernel"),
        pytest.param(with_a_rate_in_a_tensor, id="adam with a rate in a tensor"),
        pytest.param(partial(AdamW, fused=True, weight_decay=0.1), id="adamw"),
        pytest.param(partial(AdamW, foreach=True), id="adamw of many tensors at once"),
        pytest.param(partial(SGD, lr=0.1, momentum=0.9, fused=True), id="sgd"),
        pytest.param(partial(RMSprop, lr=0.01), id="rmsprop"),
        pytest.param(NAdam, id="nadam"),
    ],
)
def test_it_ends_in_the_same_bits_and_the_same_state(make: Make) -> None:
    (plain, one), (whole, other) = (trained(make, plainly) for plainly in (True, False))
    torch.testing.assert_close(plain, whole, atol=0, rtol=0)
    torch.testing.assert_close(one.state_dict(), other.state_dict(), atol=0, rtol=0)


@pytest.mark.parametrize("plainly", [True, False])
def test_parameters_of_two_types_are_left_to_torch(plainly: bool) -> None:
    single, double = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer: Any = Adam([single, double], lr=0.5, fused=True)
    step = PlainStep(optimizer) if plainly else optimizer.step
    for _ in range(3):
        single.grad, double.grad = torch.ones(3), torch.ones(3, dtype=torch.float64)
        step()
    assert torch.allclose(single.double(), double)
    assert torch.allclose(double, torch.full((3,), -0.5, dtype=torch.float64))


def nothing(*_: object) -> None:
    """Listen."""


def parameters() -> list[nn.Parameter]:
    return [nn.Parameter(torch.zeros(1))]


def test_it_is_not_enough_where_a_hook_listens() -> None:
    optimizer = Adam(parameters())
    step = PlainStep(optimizer)
    assert step.enough
    hook = optimizer.register_step_pre_hook(nothing)
    assert not step.enough
    hook.remove()
    everywhere = register_optimizer_step_post_hook(nothing)
    assert not step.enough
    everywhere.remove()
    assert step.enough


def test_it_is_not_enough_for_the_profiler_which_shows_each_step() -> None:
    step = PlainStep(Adam(parameters()))
    with torch.profiler.profile():
        assert not step.enough
    assert step.enough


def test_it_is_not_enough_where_somebody_else_says_what_a_step_is() -> None:
    class Mine(Adam):
        def step(self, closure: object = None) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """Stay."""

    patched = Adam(parameters())
    step = PlainStep(patched)
    patched.step = partial(patched.step)  # type: ignore[method-assign]
    assert not step.enough
    assert not PlainStep(patched).enough
    assert not PlainStep(Mine(parameters())).enough


def test_it_is_not_enough_where_a_step_computes_gradients_itself() -> None:
    assert not PlainStep(LBFGS(parameters())).enough
    assert not PlainStep(Adam(parameters(), differentiable=True)).enough


def falling(step: int) -> float:
    return 0.9**step


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param(partial(LambdaLR, lr_lambda=falling), id="a function of the step"),
        pytest.param(partial(CosineAnnealingLR, T_max=3), id="cosine"),
        pytest.param(partial(OneCycleLR, max_lr=0.1, total_steps=9), id="one cycle"),
    ],
)
@pytest.mark.parametrize("kind", [float, torch.tensor], ids=["number", "tensor"])
def test_a_schedule_goes_the_same_way(
    schedule: Callable[[Optimizer], LRScheduler], kind: Callable[[float], float | Tensor]
) -> None:
    told = list[object]()
    for step in (step_schedule, LRScheduler.step):
        optimizer: Optimizer = SGD([{"params": parameters(), "lr": kind(rate)} for rate in (0.5, 0.01)])
        made = schedule(optimizer)
        seen = list[object]()
        for _ in range(4):
            PlainStep(optimizer)()
            step(made)
            seen.append((made.state_dict(), made.get_last_lr(), [float(each["lr"]) for each in optimizer.param_groups]))
        told.append(repr(seen))
    assert told[0] == told[1]
