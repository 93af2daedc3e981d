"""The optimizers, against torch's own on the same gradients."""

import io
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import torch
from lightning import seed_everything
from torch import Tensor, nn, optim
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from project.optimizer import SGD, AdamW, Muon
from project.scheduler import OneCycle

EVERY: list[Callable[[Iterable[Parameter]], Optimizer]] = [AdamW, SGD, partial(SGD, momentum=0.0), Muon]


def network() -> nn.Module:
    seed_everything(0, verbose=False)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 5), nn.LayerNorm(5)
    )


def descend(model: nn.Module, *optimizers: Optimizer, steps: int = 3) -> list[Tensor]:
    """Parameters after some steps on one batch."""
    inputs = torch.randn(8, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    for _ in range(steps):
        model.zero_grad()
        loss: Tensor = (model(inputs) - inputs.mean(dim=(1, 2))[:, :1]).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
    return [parameter.detach() for parameter in model.parameters()]


def step(optimizer: Optimizer) -> None:
    optimizer.step()


def by_dimensions(model: nn.Module) -> tuple[list[Parameter], list[Parameter]]:
    parameters = list(model.parameters())
    return [each for each in parameters if each.ndim >= 2], [each for each in parameters if each.ndim < 2]


@pytest.mark.parametrize("optimizer", [AdamW, SGD])
def test_biases_and_norms_are_a_group_of_their_own_that_does_not_decay(optimizer: type[AdamW | SGD]) -> None:
    model = network()
    matrices, vectors = optimizer(model.parameters(), weight_decay=0.3).param_groups
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.3, 0.0)
    assert [len(matrices["params"]), len(vectors["params"])] == [2, 6]
    assert all(each.ndim < 2 for each in vectors["params"])


def test_undecayed_groups_are_all_that_sets_them_apart_from_torchs() -> None:
    pairs: list[tuple[Any, Any]] = [
        (partial(AdamW, lr=0.1, weight_decay=0.3), partial(optim.AdamW, lr=0.1)),
        (partial(SGD, lr=0.1, weight_decay=0.3), partial(optim.SGD, lr=0.1, momentum=0.9, nesterov=True)),
    ]
    for ours, torchs in pairs:
        model, other = network(), network()
        matrices, vectors = by_dimensions(other)
        groups: Any = [{"params": matrices, "weight_decay": 0.3}, {"params": vectors, "weight_decay": 0.0}]
        torch.testing.assert_close(descend(model, ours(model.parameters())), descend(other, torchs(groups)))


def test_everything_decays_if_asked_to() -> None:
    model, other = network(), network()
    ours = AdamW(model.parameters(), lr=0.1, weight_decay=0.3, decay_vectors=True)
    theirs = optim.AdamW(other.parameters(), lr=0.1, weight_decay=0.3)
    torch.testing.assert_close(descend(model, ours), descend(other, theirs))


def test_a_model_of_matrices_alone_makes_one_group() -> None:
    assert len(AdamW(nn.Linear(3, 2, bias=False).parameters()).param_groups) == 1


def test_muon_is_torchs_muon_on_matrices_and_adamw_on_the_rest() -> None:
    model, other = (nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.Linear(6, 5)) for _ in range(2))
    other.load_state_dict(model.state_dict())
    matrices, vectors = by_dimensions(other)
    muon = optim.Muon(matrices, lr=0.02, weight_decay=0.3, adjust_lr_fn="match_rms_adamw")
    adamw = optim.AdamW(vectors, lr=0.02, betas=(0.9, 0.95), weight_decay=0.0)
    ours = Muon(model.parameters(), lr=0.02, weight_decay=0.3)
    torch.testing.assert_close(descend(model, ours), descend(other, muon, adamw))


def test_muon_takes_a_kernel_for_a_matrix_however_it_lies_in_memory() -> None:
    results: list[Tensor] = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        kernel = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0)).to(memory_format=memory_format)
        parameter = Parameter(kernel)
        parameter.grad = torch.ones_like(parameter).cumsum(0)
        Muon([parameter], weight_decay=0.0).step()
        results.append(parameter.detach())
    flat = Parameter(torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0)).flatten(1))
    flat.grad = torch.ones(8, 3, 3, 3).cumsum(0).flatten(1)
    torchs = optim.Muon([flat], lr=1e-3, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    step(torchs)
    for result in results:
        torch.testing.assert_close(result.flatten(1), flat.detach())


def test_muon_leaves_a_single_row_such_as_a_class_token_to_adamw() -> None:
    token, matrix = Parameter(torch.zeros(1, 1, 8)), Parameter(torch.zeros(4, 8))
    groups = {group["name"]: group["params"] for group in Muon([token, matrix]).param_groups}
    assert groups["rest"][0] is token
    assert groups["matrices"][0] is matrix


def test_muon_leaves_alone_what_has_no_gradient() -> None:
    model = network()
    optimizer = Muon(model.parameters())
    before = deepcopy(list(model.parameters()))
    optimizer.step()
    torch.testing.assert_close(list(model.parameters()), before)
    assert not optimizer.state


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_saved_optimizer_loads_as_tensors_and_primitives_and_goes_on(
    optimizer: Callable[[Iterable[Parameter]], Optimizer],
) -> None:
    straight, stopped = network(), network()
    expected = descend(straight, optimizer(straight.parameters()), steps=4)
    first = optimizer(stopped.parameters())
    descend(stopped, first, steps=2)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = optimizer(stopped.parameters())
    second.load_state_dict(torch.load(file, weights_only=True))
    torch.testing.assert_close(descend(stopped, second, steps=2), expected)


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_schedule_reaches_every_group(optimizer: Callable[[Iterable[Parameter]], Optimizer]) -> None:
    model = network()
    built = optimizer(model.parameters())
    LambdaLR(built, lambda step: 0.0)
    before = deepcopy(list(model.parameters()))
    torch.testing.assert_close(descend(model, built), [each.detach() for each in before])
    OneCycle()(optimizer(model.parameters()), 10)


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_step_returns_the_loss_of_its_closure(optimizer: Callable[[Iterable[Parameter]], Optimizer]) -> None:
    weight = Parameter(torch.ones(2, 2))
    built = optimizer([weight])

    def closure() -> float:
        loss = weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    assert built.step(closure) == 4.0
    assert weight.ne(1.0).any()


@pytest.mark.parametrize(
    "build", [partial(Muon, lr=-1.0), partial(Muon, momentum=1.1), partial(Muon, weight_decay=-1.0)]
)
def test_settings_that_make_no_sense_are_refused(build: Callable[[Iterable[Parameter]], Optimizer]) -> None:
    with pytest.raises(ValueError, match="none may be below 0"):
        build(network().parameters())
