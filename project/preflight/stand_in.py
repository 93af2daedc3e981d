"""What a loop asks of its Trainer, without one."""

from collections.abc import Mapping
from typing import Any, cast

from lightning import LightningModule, Trainer
from lightning.pytorch.loggers.logger import DummyLogger
from torch import Tensor


class NotRehearsed(AttributeError):  # noqa: N818  # no error of anyone's
    """The loop uses a part of the Trainer that only a real one has."""


class StandIn:
    """The answers a Trainer gives in its very first step; everything else is `NotRehearsed`.

    Args:
        datamodule: of the run.
        total_steps: optimizer steps of the whole run; inf for one without an end.

    """

    def __init__(self, datamodule: object, total_steps: float) -> None:
        self.datamodule = datamodule
        self.estimated_stepping_batches = total_steps
        self.max_steps = -1
        self.max_epochs = 1
        self.num_training_batches, self.num_val_batches = total_steps, [1]
        self.global_step = self.current_epoch = 0
        self.log_every_n_steps = 1  # so that the first step logs all there is
        self.accumulate_grad_batches = 1
        self.gradient_clip_val = None
        self.global_rank = self.local_rank = self.node_rank = 0
        self.world_size = self.num_devices = self.num_nodes = 1
        self.is_global_zero = self.is_last_batch = True
        self.sanity_checking = self.testing = self.predicting = False
        self.training, self.validating = True, False
        self.fast_dev_run = False
        self.should_stop = False
        self.progress_bar_callback = None
        self.callbacks = list[object]()
        self.callback_metrics = dict[str, Tensor]()
        self.logged_metrics = dict[str, Tensor]()
        self.logger = DummyLogger()
        self.loggers = [self.logger]

    def __getattr__(self, name: str) -> Any:
        raise NotRehearsed(f"the loop uses trainer.{name}, which only a real Trainer has")


class Log:
    """In place of `log` and `log_dict`: keeps the names."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def attach(self, loop: LightningModule, trainer: StandIn) -> None:
        """Have the loop talk to this log and to the stand-in."""
        loop.trainer = cast("Trainer", trainer)
        vars(loop).update(log=self.log, log_dict=self.log_dict)

    def log(
        self,
        name: str,
        value: object,
        *args: object,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
        **_: Any,
    ) -> None:
        """Note the names under which Lightning would keep this value.

        Raises:
            ValueError: as Lightning does, for a tensor with more than one element.

        """
        if isinstance(value, Tensor) and value.numel() != 1:
            raise ValueError(f"self.log({name!r}, …) takes one number, not a tensor of shape {tuple(value.shape)}")
        self.names.add(name)
        if on_step and on_epoch:
            self.names.update((f"{name}_step", f"{name}_epoch"))

    def log_dict(self, dictionary: Mapping[str, object], *args: object, **kwargs: Any) -> None:
        """Note every name."""
        for name, value in dictionary.items():
            self.log(name, value, *args, **kwargs)
