"""What is no common step is left to Lightning, by itself, and everything else is not."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.profilers import SimpleProfiler
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from project.rounds import in_rounds
from project.rounds.unfit import unfit


class Line(LightningModule):
    """A linear model of ones."""

    def __init__(self) -> None:
        super().__init__()
        self.model = torch.nn.Linear(4, 1)
        torch.nn.init.ones_(self.model.weight)
        torch.nn.init.ones_(self.model.bias)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss: Tensor = (self.model(batch[0]) - 1).square().mean()
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Manual(Line):
    """Takes its steps itself."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        optimizer: Any = self.optimizers()
        optimizer.zero_grad()
        loss = super().training_step(batch, batch_idx)
        self.manual_backward(loss)
        optimizer.step()
        return loss


class Stepping(Line):
    """Steps in a way of its own."""

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)


class Reading(Line):
    """Reads its batches itself."""

    def training_step(self, dataloader_iter: Iterator[Any]) -> Tensor:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        batch, index, _ = next(dataloader_iter)
        return super().training_step(batch, index)


class Endless(IterableDataset[tuple[Tensor]]):
    """Data without a length."""

    def __iter__(self) -> Iterator[tuple[Tensor]]:
        return iter([(row,) for row in torch.ones(20, 4)])


class Asks(Callback):
    """Asks for the reason."""

    reason: str | None = "never asked"

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        fetcher: Any = trainer.fit_loop._data_fetcher  # pyright: ignore[reportPrivateUsage]
        self.reason = unfit(trainer, fetcher)


def trained(steps: int, module: type[Line], data: Any, **settings: Any) -> tuple[str | None, list[Tensor]]:
    """Why a training in rounds of so many steps is left to Lightning, and the weights in the end."""
    asks, model = Asks(), module()
    quiet: dict[str, Any] = dict.fromkeys(
        ("enable_progress_bar", "enable_model_summary", "enable_checkpointing", "logger"), False
    )
    trainer = Trainer(**quiet, accelerator="cpu", devices=1, max_epochs=2, callbacks=[asks], **settings)
    in_rounds(trainer, steps)
    trainer.fit(model, DataLoader(data, batch_size=2))
    return asks.reason, [parameter.detach() for parameter in model.parameters()]


ONES = TensorDataset(torch.ones(20, 4))


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*dataloader_iter")
@pytest.mark.parametrize(
    ("module", "data", "settings", "reason"),
    [
        (Line, ONES, {}, None),
        (Manual, ONES, {}, "manual optimization"),
        (Stepping, ONES, {}, "Stepping.optimizer_step"),
        (Reading, ONES, {}, "a loader that the step reads itself"),
        (Line, Endless(), {}, "a loader without a length"),
        (Line, ONES, {"profiler": SimpleProfiler()}, "a profiler"),
        (Line, ONES, {"val_check_interval": "00:00:01:00"}, "validation by the clock"),
    ],
    ids=lambda value: str(getattr(value, "__name__", "")) or None,
)
def test_it_is_known_and_trains_the_same(
    module: type[Line], data: Any, settings: dict[str, Any], reason: str | None
) -> None:
    told, weights = trained(4, module, data, **settings)
    assert told == reason
    assert all(map(torch.equal, weights, trained(1, module, data, **settings)[1]))
