"""One step of training and one of validation, by the loop's own methods and without a Trainer."""

import logging
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import torch
from lightning import LightningModule
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from project.deferred import with_compiler

from .batch import tensors
from .configured import Configured
from .dtypes import SameDtypes
from .fused import FusedAttention, without_attention_dropout
from .meter import Meter, size
from .precision import Precision
from .real_losses import RealLosses
from .real_metrics import real_metrics
from .report import Memory
from .restored import has_lazy, replace, restored
from .samples import Samples
from .stand_in import Log, NotRehearsed, StandIn
from .steps import call, minimized, overridden
from .trace import Place, Suspicion, Trace


@dataclass
class Findings:
    """What one rehearsal saw; memory and flops are of the training step, and None if it did not go through."""

    suspicions: list[Suspicion] = field(default_factory=list[Suspicion])
    warnings: list[str] = field(default_factory=list[str])
    logged: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    memory: Memory | None = None
    flops: int | None = None


@dataclass(frozen=True)
class Setting:
    """What a rehearsal on fake tensors and one on real tensors have in common."""

    loop: LightningModule
    datamodule: object
    total_steps: float


def rehearse(
    setting: Setting, batch: object, convert: Callable[[Tensor], Tensor], samples: Samples, precision: Precision
) -> Findings:
    """Go through a step of each phase, on a batch and on parameters of the same kind; the loop is left as it was.

    Args:
        setting: loop, datamodule and length of the run.
        batch: of fake or of real tensors, or None: then only optimizer and schedulers are built.
        convert: makes a parameter or buffer that may be changed.
        samples: real tensors for metrics and losses.
        precision: of the parameters and of the steps.

    """
    trace = Trace()
    with (
        restored(setting.loop),
        _silent(logging.getLogger(FakeTensorMode.__module__)),
        with_compiler(lambda: torch.compiler.set_stance("force_eager")),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        rehearsal = _Rehearsal(setting, trace, precision)
        if rehearsal.ready():
            replace(setting.loop, lambda tensor: precision.store(convert(tensor)))
            without_attention_dropout(setting.loop)
            with real_metrics(setting.loop, samples, trace), FusedAttention(), RealLosses(samples, trace), SameDtypes():
                trace.follow(setting.loop)
                rehearsal.go(precision.store(batch))
    rehearsal.findings.suspicions = trace.suspicions
    rehearsal.findings.warnings = [str(warning.message) for warning in caught]
    return rehearsal.findings


class _Rehearsal:
    def __init__(self, setting: Setting, trace: Trace, precision: Precision) -> None:
        self.findings = Findings()
        self._loop = setting.loop
        self._trainer = StandIn(setting.datamodule, setting.total_steps)
        self._trace = trace
        self._precision = precision
        self._meter = Meter()
        self._configured = Configured()
        self._hooks_failed = False
        self._activations = self._step_peak = 0

    def ready(self) -> bool:
        """Have the loop build what it builds late."""
        Log().attach(self._loop, self._trainer)
        with self._trace.attempt("loop"):
            self._loop.setup("fit")
            self._loop.configure_model()
            if has_lazy(self._loop):
                raise NotRehearsed("a lazy layer learns its shape from the first batch")
            return True
        return False

    def go(self, batch: object) -> None:
        """Configure, train, validate."""
        with self._trace.attempt("optimizer"):
            self._configured = Configured.of(self._loop.configure_optimizers())
        if batch is None:
            return
        with self._phase("train"):
            self._train(batch)
        self._trainer.training, self._trainer.validating = False, True
        if overridden(self._loop, "validation_step"):
            with self._phase("val"):
                self._validate(batch)

    @contextmanager
    def _phase(self, phase: str) -> Generator[None]:
        log = Log()
        log.attach(self._loop, self._trainer)
        with self._trace.attempt("loop"):
            yield
            if not self._hooks_failed:
                self.findings.logged[phase] = frozenset(log.names)

    def _hook(self, name: str, *args: object) -> None:
        """Call one of the loop's hooks; whether it fails is no reason to leave out the step."""
        before = len(self._trace.suspicions)
        with self._trace.attempt("loop"):
            getattr(self._loop, name)(*args)
        self._hooks_failed |= any(each.place.component == "loop" for each in self._trace.suspicions[before:])

    def _train(self, batch: object) -> None:
        loop = self._loop
        if not loop.automatic_optimization or len(self._configured.optimizers) > 1:
            raise NotRehearsed("the loop optimizes by hand")
        for hook in ("on_fit_start", "on_train_start", "on_train_epoch_start"):
            self._hook(hook)
        self._hook("on_train_batch_start", batch, 0)
        with FlopCounterMode(display=False) as flops, self._meter:
            for tensor in [*loop.parameters(), *loop.buffers(), *tensors(batch)]:
                self._meter.watch(tensor)
            loss = self._optimize(batch)
        self._measure(flops.get_total_flops())
        with self._trace.inside(Place("scheduler")):
            self._configured.step_schedulers()
        self._hook("on_train_batch_end", loss, batch, 0)
        self._hook("on_train_epoch_end")

    def _optimize(self, batch: object) -> Tensor | None:
        # As Lightning does it: the whole step is the optimizer's closure.
        def closure() -> Tensor | None:
            with self._trace.inside(Place("loop")):
                return self._forward_and_backward(batch)

        if not self._configured.optimizers:
            return closure()
        optimizer = self._configured.optimizers[0]
        optimizer.zero_grad()
        with self._trace.inside(Place("optimizer", f"optimizer ({type(optimizer).__name__})")):
            return cast("Callable[..., Tensor | None]", optimizer.step)(closure=closure)

    def _forward_and_backward(self, batch: object) -> Tensor | None:
        static = self._meter.live
        with self._precision.compute():
            loss = minimized(call(self._loop.training_step, batch))
        self._activations = self._meter.live - static
        if loss is not None:
            with self._trace.inside(Place("loss")):
                loss.backward()  # type: ignore[no-untyped-call]
            self._hook("on_after_backward")
        self._step_peak = self._meter.peak
        return loss.detach() if loss is not None else None

    def _measure(self, flops: int) -> None:
        parameters = [*self._loop.parameters()]
        state = size(self._configured.state())
        self.findings.flops = flops
        self.findings.memory = Memory(
            parameters=size([*parameters, *self._loop.buffers()]),
            gradients=size([each.grad for each in parameters if each.grad is not None]),
            optimizer_state=state,
            activations=self._activations,
            # From the second step on, the state is there all the time.
            peak=max(self._step_peak + state, self._meter.peak),
        )

    def _validate(self, batch: object) -> None:
        loop = self._loop
        loop.eval()
        with torch.no_grad():
            self._hook("on_validation_start")
            self._hook("on_validation_epoch_start")
            self._hook("on_validation_batch_start", batch, 0)
            with self._precision.compute():
                outputs = call(loop.validation_step, batch)
            self._hook("on_validation_batch_end", outputs, batch, 0)
            self._hook("on_validation_epoch_end")
            self._hook("on_validation_end")


@contextmanager
def _silent(logger: logging.Logger) -> Generator[None]:
    """Keep torch from logging a traceback for each operation that does not fit."""
    disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = disabled
