"""One training step of automatic optimization, on one device."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from lightning import Trainer
from lightning.pytorch.loops.optimization.automatic import ClosureResult
from lightning.pytorch.plugins.precision import Precision
from lightning.pytorch.utilities import signature_utils
from torch import Tensor
from torch.optim import Optimizer

from .hooks import Hooks
from .plain import PlainStep


class StepTaker:
    """What Lightning's automatic optimization does: in its order, with its hooks and its counters."""

    def __init__(self, trainer: Trainer, hooks: Hooks) -> None:
        self.trainer: Any = trainer
        self.hooks = hooks
        self.module: Any = trainer.lightning_module
        self._state: dict[str, Any] = self.module.__dict__
        self._optimizer: Any = trainer.optimizers[0]
        self._step = PlainStep(self._optimizer)
        loop: Any = trainer.fit_loop.epoch_loop
        self._progress: Any = loop.automatic_optimization.optim_progress.optimizer
        signature: Any = signature_utils
        self._numbered = signature.is_param_in_hook_signature(self.module.training_step, "batch_idx", min_args=2)
        self._precision: Any = trainer.precision_plugin
        self._result = ClosureResult(None)
        self._zeroes = self._optimizer.__class__.zero_grad is not Optimizer.zero_grad
        self._begins = True
        self._args: tuple[Any, ...] = ()

    def __call__(self, batch: Any, number: int, *, accumulates: bool) -> dict[str, Any]:
        """Train on a batch, and return what `on_train_batch_end` is told.

        Args:
            batch: on the device.
            number: of the batch in its epoch.
            accumulates: whether the optimizer's step waits for the gradients of the next batch.
        """
        self._args = (batch, number) if self._numbered else (batch,)
        self._begins = number % self.trainer.accumulate_grad_batches == 0
        if accumulates:
            self._gradients()
        else:
            self._progress.step.increment_ready()
            if self._step.enough:
                self._gradients_to_step_by()
                self._step()
            else:
                self._optimizer.step(torch.enable_grad()(self._gradients_to_step_by))
            self._progress.step.increment_completed()
        result, self._result, self._args = self._result, ClosureResult(None), ()
        return {} if result.loss is None else result.asdict()

    def _gradients_to_step_by(self) -> Tensor | None:
        loss = self._gradients()
        self.hooks("on_before_optimizer_step", self._optimizer)
        trainer = self.trainer
        if trainer.gradient_clip_val is not None:
            self._state["_current_fx_name"] = "configure_gradient_clipping"
            self.module.configure_gradient_clipping(
                self._optimizer, trainer.gradient_clip_val, trainer.gradient_clip_algorithm
            )
        return loss

    def _gradients(self) -> Tensor | None:
        self._state["_current_fx_name"] = "training_step"
        with self._context():
            output = self.module.training_step(*self._args)
        self._state["_current_fx_name"] = None
        result = self._result = _result(output, self.trainer.accumulate_grad_batches)
        if self._begins:
            self._zero_gradients()
        loss = result.closure_loss
        if loss is not None:
            self.hooks("on_before_backward", loss)
            loss.backward()  # type: ignore[no-untyped-call]  # torch's
            self.hooks("on_after_backward")
            result.closure_loss = None
        return result.loss

    def _zero_gradients(self) -> None:
        progress = self._progress.zero_grad
        progress.increment_ready()
        self.hooks("on_before_zero_grad", self._optimizer)
        progress.increment_started()
        if self._zeroes:
            self._optimizer.zero_grad()
        else:  # torch's own comes to this, and to a label for the profiler
            for group in self._optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = None
        progress.increment_completed()

    def _context(self) -> AbstractContextManager[None]:
        if type(self._precision) is Precision:
            return nullcontext()
        context: AbstractContextManager[None] = self._precision.train_step_context()
        return context


def _result(output: Any, batches: int) -> ClosureResult:
    if type(output) is Tensor and batches == 1:
        # What follows would divide the loss by 1 and copy it, at the price of two operations and a node of the graph.
        result = ClosureResult(None)
        result.closure_loss, result.loss = output, output.detach()
        return result
    return ClosureResult.from_training_step_output(output, batches)
