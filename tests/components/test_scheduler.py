"""Schedules, against closed forms and against torch's own schedulers."""

import io
import pickle
from collections.abc import Callable
from functools import partial
from math import cos, pi
from typing import Any, cast

import pytest
import torch
from torch.nn import Parameter
from torch.optim import SGD, Adagrad, Adam, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

from project.scheduler import Constant, Cosine, OneCycle, PerEpoch, Plateau, Schedule, Trapezoid

EVERY_STEP: list[Schedule] = [
    Constant(),
    Constant(warmup=0.3),
    Cosine(),
    Cosine(warmup=0.3, final=0.1),
    OneCycle(),
    Trapezoid(warmup=0.3, decay=0.4),
    Trapezoid(decay=1.0),
]


def sgd(*lrs: float) -> SGD:
    return SGD([{"params": [Parameter(torch.zeros(1))], "lr": lr} for lr in lrs or (0.4,)])


def rates(scheduler: LRScheduler, steps: int) -> list[float]:
    """Learning rates that the next optimizer steps use."""
    used: list[float] = []
    for _ in range(steps):
        used.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return used


def test_a_constant_schedule_keeps_the_learning_rate() -> None:
    assert rates(Constant()(sgd(), 4), 4) == [0.4] * 4


def test_warm_up_starts_above_zero_and_is_complete_at_its_end() -> None:
    assert rates(Constant(warmup=0.3)(sgd(), 10), 10) == pytest.approx([0.1, 0.2, 0.3] + [0.4] * 7)


def test_a_share_of_the_steps_is_rounded_to_whole_ones() -> None:
    assert 0.29 * 100 < 29
    assert rates(Constant(warmup=0.29)(sgd(), 100), 1) == pytest.approx([0.4 / 30])


def test_a_cosine_without_warm_up_is_the_one_of_torch() -> None:
    assert rates(Cosine()(sgd(), 10), 10) == pytest.approx(rates(CosineAnnealingLR(sgd(), T_max=10), 10))


def test_a_cosine_with_warm_up_is_two_schedulers_of_torch_in_a_row() -> None:
    optimizer = sgd()
    rise = LinearLR(optimizer, start_factor=1 / 4, total_iters=3)
    fall = CosineAnnealingLR(optimizer, T_max=7, eta_min=0.04)
    expected = rates(SequentialLR(optimizer, [rise, fall], milestones=[3]), 10)
    assert rates(Cosine(warmup=0.3, final=0.1)(sgd(), 10), 10) == pytest.approx(expected)


def test_a_cosine_spends_no_step_at_its_end_and_stays_there_afterwards() -> None:
    used = rates(Cosine(final=0.1)(sgd(), 10), 13)
    assert used[9] == pytest.approx(0.4 * (0.1 + 0.9 * (1 + cos(pi * 0.9)) / 2))
    assert used[10:] == pytest.approx([0.04] * 3)


def test_a_trapezoid_rises_stays_and_falls() -> None:
    used = rates(Trapezoid(warmup=0.2, decay=0.4, final=0.5)(sgd(), 10), 12)
    factors = [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.5]
    assert used == pytest.approx([0.4 * factor for factor in factors])


def test_a_trapezoid_that_only_falls_is_torchs_linear_schedule() -> None:
    expected = rates(LinearLR(sgd(), start_factor=1.0, end_factor=0.0, total_iters=10), 10)
    assert rates(Trapezoid(decay=1.0)(sgd(), 10), 10) == pytest.approx(expected)


@pytest.mark.parametrize("total_steps", [1, 2, 3, 5, 7])
def test_a_trapezoid_without_a_top_fits_into_any_run(total_steps: int) -> None:
    used = rates(Trapezoid(warmup=0.5, decay=0.5)(sgd(), total_steps), total_steps)
    assert all(0.0 < rate <= 0.4 for rate in used)


def test_one_cycle_is_the_one_of_torch() -> None:
    ours = rates(OneCycle(pct_start=0.25, div_factor=10.0, final_div_factor=100.0)(sgd(), 20), 20)
    torchs = OneCycleLR(sgd(), max_lr=0.4, total_steps=20, pct_start=0.25, div_factor=10.0, final_div_factor=100.0)
    assert ours == pytest.approx(rates(torchs, 20))


@pytest.mark.parametrize(("pct_start", "total_steps"), [(0.1, 10), (0.5, 2), (1.0, 1), (1.0, 5), (0.0, 5)])
def test_one_cycle_survives_where_torch_divides_by_zero(pct_start: float, total_steps: int) -> None:
    used = rates(OneCycle(pct_start=pct_start)(sgd(), total_steps), total_steps)
    assert all(0.0 < rate <= 0.4 for rate in used)


def test_one_cycle_moves_momentum_unless_told_not_to() -> None:
    for cycle_momentum, beta in [(True, 0.95), (False, 0.9)]:
        optimizer = Adam([Parameter(torch.zeros(1))])
        OneCycle(cycle_momentum=cycle_momentum)(optimizer, 10)
        assert optimizer.param_groups[0]["betas"][0] == beta
    OneCycle(cycle_momentum=False)(Adagrad([Parameter(torch.zeros(1))]), 10)


@pytest.mark.parametrize("schedule", [Constant(warmup=0.5), Cosine(warmup=0.5), OneCycle()])
def test_every_parameter_group_keeps_its_own_learning_rate(schedule: Schedule) -> None:
    optimizer = sgd(0.4, 0.04)
    scheduler = schedule(optimizer, 10)
    for _ in range(10):
        large, small = (group["lr"] for group in optimizer.param_groups)
        assert large == pytest.approx(10 * small)
        scheduler.optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("schedule", [*EVERY_STEP, Constant(warmup=1.0), Cosine(warmup=1.0), OneCycle(pct_start=1.0)])
def test_a_run_of_one_step_learns(schedule: Schedule) -> None:
    (rate,) = rates(schedule(sgd(), 1), 1)
    assert 0.0 < rate <= 0.4


def test_a_scheduler_of_torch_can_be_stepped_once_an_epoch() -> None:
    schedule = PerEpoch(partial(StepLR, step_size=2, gamma=0.5))
    assert schedule.interval == "epoch"
    assert rates(schedule(sgd(), None), 5) == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1])


@pytest.mark.parametrize("schedule", EVERY_STEP)
def test_the_other_schedules_are_stepped_every_step(schedule: Schedule) -> None:
    assert schedule.interval == "step"


def test_a_plateau_is_torchs_and_says_what_it_waits_for() -> None:
    schedule = Plateau(monitor="val/loss", mode="min", factor=0.5, patience=1, min_lr=0.15)
    assert (schedule.interval, schedule.monitored) == ("epoch", "val/loss")
    scheduler = schedule(sgd(), None)
    assert isinstance(scheduler, ReduceLROnPlateau)
    used: list[float] = []
    for value in [1.0, 0.9, 0.9, 0.9, 0.9, 0.9]:
        cast(Any, scheduler).step(value)
        used.append(scheduler.optimizer.param_groups[0]["lr"])
    assert used == pytest.approx([0.4, 0.4, 0.4, 0.2, 0.2, 0.15])


@pytest.mark.parametrize("schedule", EVERY_STEP)
def test_the_other_schedules_wait_for_nothing(schedule: Schedule) -> None:
    assert schedule.monitored is None


def test_a_scheduler_that_waits_for_a_metric_is_refused() -> None:
    with pytest.raises(ValueError, match="ReduceLROnPlateau waits for a metric"):
        PerEpoch(ReduceLROnPlateau)(sgd(), 10)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (partial(Constant, warmup=-0.1), "warmup=-0.1: must be a fraction, from 0 to 1"),
        (partial(Cosine, warmup=1.5), "warmup=1.5: must be a fraction"),
        (partial(Cosine, final=2.0), "final=2.0: must be a fraction"),
        (partial(Cosine, final=float("nan")), "final=nan: must be a fraction"),
        (partial(Trapezoid, decay=1.5), "decay=1.5: must be a fraction"),
        (partial(Trapezoid, warmup=0.5, decay=0.6), "together they must be at most 1"),
        (partial(Plateau, "val/loss", "min", factor=1.0), "factor=1.0: must be above 0 and below 1"),
        (partial(Plateau, "val/loss", "min", patience=-1), "patience=-1.*neither may be below 0"),
        (partial(OneCycle, pct_start=30.0), "pct_start=30.0: must be a fraction"),
        (partial(OneCycle, div_factor=0.0), "div_factor=0.0.*must be above 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(build: Callable[[], Schedule], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("schedule", [Constant(warmup=0.1), Cosine(), OneCycle(), Trapezoid()])
def test_a_share_of_an_endless_run_is_refused(schedule: Schedule) -> None:
    with pytest.raises(ValueError, match=r"no known end: set trainer\.max_epochs"):
        schedule(sgd(), None)


def test_an_endless_run_may_keep_its_learning_rate() -> None:
    assert rates(Constant()(sgd(), None), 3) == [0.4] * 3


@pytest.mark.parametrize("schedule", [*EVERY_STEP, PerEpoch(partial(StepLR, step_size=2))])
def test_the_state_of_a_scheduler_loads_as_tensors_and_primitives(schedule: Schedule) -> None:
    file = io.BytesIO()
    torch.save(schedule(sgd(), 10).state_dict(), file)
    file.seek(0)
    torch.load(file, weights_only=True)


@pytest.mark.parametrize("schedule", EVERY_STEP)
def test_a_scheduler_can_be_sent_to_another_process(schedule: Schedule) -> None:
    assert pickle.dumps(schedule(sgd(), 10))


def resumed(schedule: Schedule, after: int, planned: int, total_steps: int) -> LRScheduler:
    """Schedule of a run of `total_steps` that resumes another, planned for `planned`, after some steps."""
    first = schedule(sgd(), planned)
    rates(first, after)
    optimizer: Optimizer = sgd()
    second = schedule(optimizer, total_steps)
    optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(first.state_dict())
    return second


@pytest.mark.parametrize("schedule", [*EVERY_STEP, PerEpoch(partial(StepLR, step_size=2))])
def test_a_resumed_run_continues_where_it_was(schedule: Schedule) -> None:
    assert rates(resumed(schedule, 4, 10, 10), 6) == pytest.approx(rates(schedule(sgd(), 10), 10)[4:])


@pytest.mark.parametrize("schedule", EVERY_STEP)
def test_a_run_that_resumes_for_longer_follows_the_longer_plan(schedule: Schedule) -> None:
    # The rate of the very next step was set, and saved, by the old plan.
    assert rates(resumed(schedule, 4, 10, 20), 16)[1:] == pytest.approx(rates(schedule(sgd(), 20), 20)[5:])
