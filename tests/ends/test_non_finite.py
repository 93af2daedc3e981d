"""Losses, gradients and weights that are no numbers: what becomes of the run, and of its checkpoints."""

import math
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from lightning import LightningModule, Trainer
from small_training import Line, Ones, trainer
from torch import Tensor

from project.callbacks import NonFinite, NonFiniteError

Policy = Literal["stop", "skip", "report"]


def inputs(bad: int, value: float = math.nan) -> Tensor:
    """Ten batches of two, of which one is bad."""
    good = torch.ones(20, 4)
    good[2 * bad] = value
    return good


class BadGradient(Line):
    """Finite losses, whose gradient is none for one batch: 0 / 0."""

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss = super().training_step(batch, batch_idx)
        return loss + (self.model.bias * 0).abs().sqrt().sum() if batch_idx == 3 else loss


def fit(directory: Path, policy: Policy, line: Line, data: Ones, **settings: Any) -> NonFinite:
    fitting = trainer(directory, non_finite := NonFinite(policy, patience=2), **settings)
    fitting.fit(line, data)
    return non_finite


def weights(line: Line) -> list[float]:
    return [number.item() for parameter in line.parameters() for number in parameter.flatten()]


def test_a_loss_that_is_no_number_ends_the_run_before_its_step(tmp_path: Path) -> None:
    line = Line(0.25)
    with pytest.raises(NonFiniteError) as error:
        fit(tmp_path, "stop", line, Ones(inputs(3)))
    assert "epoch 1, batch 4, after step 3: the loss is nan, with finite weights (learning rate" in str(error.value)
    assert all(map(math.isfinite, weights(line)))


def test_gradients_that_are_no_numbers_are_told_by_the_names_of_their_parameters(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteError) as error:
        fit(tmp_path, "stop", BadGradient(), Ones())
    assert "batch 5, after step 4: the loss is nan, after gradients that were not finite" in str(error.value)
    assert "not finite: model.bias\n" in str(error.value)


def test_no_checkpoint_holds_weights_that_are_no_numbers(tmp_path: Path) -> None:
    class LateBadGradient(Line):
        def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
            loss = super().training_step(batch, batch_idx)
            late = self.current_epoch == 1 and batch_idx == 9
            return loss + (self.model.bias * 0).abs().sqrt().sum() if late else loss

        def validation_step(self, batch: list[Tensor], batch_idx: int) -> None:
            self.log("val/loss", 1.0)

    with pytest.raises(NonFiniteError, match="the weights are not finite, and are not saved"):
        fit(tmp_path, "stop", LateBadGradient(), Ones())
    for name in ("best", "last"):
        held = torch.load(tmp_path / "checkpoints" / f"{name}.ckpt", weights_only=True)
        assert held["global_step"] == 10
        assert all(value.isfinite().all() for value in held["state_dict"].values())


@pytest.mark.parametrize("accumulated", [1, 2])
def test_a_step_is_skipped_and_counted(accumulated: int, tmp_path: Path) -> None:
    line = Line()
    before = weights(line)
    found = fit(tmp_path, "skip", line, Ones(inputs(3)), max_epochs=1, accumulate_grad_batches=accumulated)
    assert found._count == 1  # pyright: ignore[reportPrivateUsage]
    assert all(map(math.isfinite, weights(line)))
    assert weights(line) != before


def test_skipping_gives_up(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteError, match="2 steps in a row were left out"):
        fit(tmp_path, "skip", Line(), Ones(torch.full((20, 4), math.inf)))


def test_what_is_reported_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = fit(tmp_path, "report", Line(), Ones(inputs(8)), max_epochs=1)
    assert found._count == 2  # pyright: ignore[reportPrivateUsage]
    assert len([line for line in caplog.messages if "the loss is nan, and the run goes on" in line]) == 1


def test_a_device_that_is_asked_now_and_then_says_when_it_began(tmp_path: Path) -> None:
    class Late(NonFinite):
        def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
            self._losses.append(loss.detach())
            if len(self._losses) >= self.every_n_steps:
                self._look(trainer, pl_module)

    with pytest.raises(NonFiniteError, match=r"epoch 1, batch 4, after step 3: the loss is nan, seen 2 steps later"):
        trainer(tmp_path, Late(every_n_steps=6)).fit(Line(), Ones(inputs(3)))
