"""In rounds, whoever listens hears of the same hooks in the same order, and finds the same there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer, seed_everything
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.data import DataLoader, TensorDataset

from project.rounds import in_rounds

HOOKS = [name for name in dir(Callback) if name.startswith("on_") and not name.endswith("checkpoint")]


class Told(Callback):
    """Takes down each hook, and where the training is by then."""

    def __init__(self) -> None:
        self.heard = list[str]()
        for name in HOOKS:
            setattr(self, name, self._hook(name))

    def _hook(self, name: str) -> Callable[..., None]:
        def told(trainer: Trainer, pl_module: Any, *args: Any) -> None:
            loop: Any = trainer.fit_loop.epoch_loop
            counters = loop.batch_progress, loop.scheduler_progress, loop.automatic_optimization.optim_progress
            logged = {key: float(value) for key, value in trainer.callback_metrics.items()}
            where = trainer.global_step, trainer.is_last_batch, loop._batches_that_stepped, logged
            given = [
                each.detach() if isinstance(each, Tensor) else each for each in args if not isinstance(each, Optimizer)
            ]
            self.heard.append(f"{name} {vars(pl_module)['_current_fx_name']} {where} {counters} {given}")

        return told


class Telling(LightningModule):
    """A module that draws, logs, has hooks of its own, and now and then returns no loss, or more than one."""

    def __init__(self) -> None:
        super().__init__()
        self.model = torch.nn.Linear(4, 1)
        self.heard = list[str]()

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Any:
        loss = (self.model(batch[0] + torch.rand_like(batch[0])) - 1).square().mean()
        if batch_idx % 3 == 1:
            self.log("loss", loss, on_step=True, on_epoch=True)
        return None if batch_idx == 4 else {"loss": loss, "more": 1} if batch_idx == 2 else loss

    def validation_step(self, batch: list[Tensor], batch_idx: int) -> None:
        self.log("val/loss", self.model(batch[0]).mean())

    def on_before_zero_grad(self, optimizer: Any) -> None:
        self.heard.append(f"on_before_zero_grad {self.model.bias.grad}")

    def on_after_backward(self) -> None:
        self.heard.append(f"on_after_backward {self.model.bias.grad}")
        self.log("bias", self.model.bias.detach().mean())

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.heard.append(f"on_train_batch_end {outputs} {batch_idx} {self.lr_schedulers().get_last_lr()}")  # type: ignore[union-attr]

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
        return [optimizer], [{"scheduler": scheduler, "interval": "step", "frequency": 2}]


class Stops(Callback):
    """Asks for the training to stop."""

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        if trainer.global_step == 8:
            trainer.should_stop = True


def trained(directory: Path, steps: int, module: Any, data: Any, *callbacks: Callback, **settings: Any) -> list[str]:
    """What is heard in a training of rounds of so many steps, and the weights in the end."""
    told = Told()
    small: dict[str, Any] = {"max_epochs": 2, "accelerator": "cpu", "devices": 1, "logger": False}
    quiet: dict[str, Any] = dict.fromkeys(
        ("enable_progress_bar", "enable_model_summary", "enable_checkpointing"), False
    )
    trainer = Trainer(**{**small, **quiet, **settings}, default_root_dir=directory, callbacks=[*callbacks, told])
    in_rounds(trainer, steps)
    seed_everything(verbose=False, seed=0)
    model = module()
    validation = DataLoader(TensorDataset(torch.ones(4, 4)), batch_size=2)
    trainer.fit(model, data, validation)
    return [*told.heard, *getattr(model, "heard", ()), str(list(model.parameters()))]


def tens() -> DataLoader[Any]:
    return DataLoader(TensorDataset(torch.arange(80.0).view(20, 4) / 80), batch_size=2, shuffle=True)


pytestmark = pytest.mark.filterwarnings("ignore:.training_step. returned .None.", "ignore:.*does not have many workers")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"accumulate_grad_batches": 3, "gradient_clip_val": 0.5, "val_check_interval": 4},
        {"max_steps": 7, "log_every_n_steps": 3},
        {"limit_train_batches": 0.5, "check_val_every_n_epoch": None, "val_check_interval": 3},
        {"fast_dev_run": 3},
        {"callbacks": [Stops()], "min_epochs": 1, "max_epochs": 3},
    ],
    ids=["plain", "gradients", "max_steps", "limits", "fast_dev_run", "stopped"],
)
def test_the_same_is_heard_in_the_same_order(settings: dict[str, Any], tmp_path: Path) -> None:
    settings, callbacks = {**settings}, settings.get("callbacks", [])
    settings.pop("callbacks", None)
    seed_everything(verbose=False, seed=1)
    plain = trained(tmp_path, 1, Telling, tens(), *callbacks, **settings)
    assert len(plain) > 40
    seed_everything(verbose=False, seed=1)
    assert trained(tmp_path, 4, Telling, tens(), *callbacks, **settings) == plain
