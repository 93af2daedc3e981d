"""A smoother copy of the weights."""

from typing import Annotated, Any, final

from annotated_types import Interval
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

Tensors = tuple[Tensor, ...] | list[Tensor]


@final
class EMA(WeightAveraging):
    """Exponential moving average of parameters and buffers, which is what is validated, saved as best, and tested.

    After n steps the average keeps min(decay, (1 + n) / (10 + n)) of itself at each step, so that it is not held up by
    the random weights of the beginning (TensorFlow's `ExponentialMovingAverage`). A checkpoint holds the average as its
    weights, and beside it what is being trained, so that a resumed run goes on as if it had not stopped.

    Args:
        decay: how much of the average is kept at each step, in the end. It spans some 1 / (1 - decay) steps.

    Raises:
        ValueError: if `decay` is outside [0, 1].

    """

    def __init__(self, decay: Annotated[float, Interval(ge=0, le=1)] = 0.999) -> None:
        if not 0.0 <= decay <= 1.0:
            raise ValueError(f"{decay=}: must be a fraction, from 0 to 1.")
        super().__init__(multi_avg_fn=self._average)
        self.decay = decay

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the average, in single precision at least."""
        super().setup(trainer, pl_module, stage)
        if self._average_model is not None and trainer.precision == "64-true":
            self._average_model.double()

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Go back to what was being trained when training is resumed, and only then.

        Lightning 2.6 does so before a test or validation as well, whose weights would then not be the averages.
        """
        if trainer.state.fn == TrainerFn.FITTING:
            super().on_load_checkpoint(trainer, pl_module, checkpoint)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Forget the average, which the loop has by now; a later validation is of the weights it is given."""
        self._average_model = None

    def _average(self, average: Tensors, current: Tensors, updates: Tensor | int) -> None:
        if not average[0].is_floating_point():
            # Counts and tables of indices; torch would average them too, and round down.
            for mine, theirs in zip(average, current, strict=True):
                mine.copy_(theirs)
            return
        updated = int(updates)
        decay = min(self.decay, (1 + updated) / (10 + updated))
        current = [theirs.to(mine.dtype) for mine, theirs in zip(average, current, strict=True)]
        get_ema_multi_avg_fn(decay)(average, current, updates)  # type: ignore[no-untyped-call]
