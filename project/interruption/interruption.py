"""A run that finishes the step it is at when a signal comes, saves, and says where it stopped."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any, NoReturn, Protocol, runtime_checkable

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.trainer.states import TrainerFn, TrainerStatus
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch.multiprocessing.spawn import ProcessException

from .ranks import end_others, follows, waits_for_others
from .signals import ENDING, ONE_S, Handler, Interrupted, handled, inherited, name_of, unclaimed, write
from .slurm import inside_slurm

log = logging.getLogger(__name__)


@runtime_checkable
class SavesBetween(Protocol):
    """A callback that knows how to save where a batch or an epoch is over."""

    def save(self, trainer: Trainer) -> bool:
        """Save, if anybody does."""
        ...


@contextmanager
def interruptible(trainer: Trainer, record: AbstractContextManager[None]) -> Generator[None]:
    """Let signals interrupt what `trainer` does inside, and `record` see how it ended.

    Training goes on to the end of its step, or of the validation that it is at, so that it can be resumed exactly;
    every other stage ends where it is. A second signal ends the process at once. Somebody else's handlers are left
    alone, but that of SIGUSR2 (submitit's, which requeues) is called when the run has been saved.

    Raises:
        Interrupted: when it is.
    """
    interruption = _Interruption(trainer)
    _callbacks(trainer).append(interruption)
    with interruption.handling():
        try:
            with record, interruption.told():
                yield
        except BaseException:
            end_others(trainer)
            raise
        finally:
            interruption.hand_on()


class _Interruption(Callback):
    """Knows of the signal that came, and brings Lightning to stop at the next place from which it can go on.

    Lightning stops by itself where a batch or an epoch is over and logged, when it believes that it received a SIGTERM;
    but it would also stop inside a validation, in the middle of accumulated gradients, and in one process alone.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.signum: int | None = None
        self._since = 0.0
        self._trains = self._told = False
        self._pid = self._made_in = os.getpid()
        self._watched: tuple[int, ...] = ()
        self._next: Handler | None = None

    @contextmanager
    def handling(self) -> Generator[None]:
        """Receive the signals that nobody else handles."""
        ours = [*ENDING, *([signal.SIGUSR1] if inside_slurm() else [])]
        self._watched = tuple(signum for signum in ours if unclaimed(signum))
        if hasattr(signal, "SIGUSR2") and callable(handler := signal.getsignal(signal.SIGUSR2)):
            self._next, self._watched = handler, (*self._watched, signal.SIGUSR2)
        with handled(dict.fromkeys(self._watched, self._receive)):
            yield

    @contextmanager
    def told(self) -> Generator[None]:
        """Say where the run inside stopped, and raise `Interrupted` whatever it was that stopped it."""
        try:
            yield
        except (Interrupted, SIGTERMException, ProcessException) as error:
            if self.signum is None and isinstance(error, SIGTERMException):
                self.signum = signal.SIGTERM  # somebody else's, such as submitit, of which Lightning hears all the same
            if self.signum is None:
                raise
            if not self._told:
                self._say("nothing was saved after the last checkpoint")
            ended = Interrupted(self.signum)
            if follows(self.trainer):
                ended.code = 0
            raise ended from error
        if self.signum is not None:  # something swallowed what the handler raised
            raise Interrupted(self.signum)

    def hand_on(self) -> None:
        """Let the handler that was there before have the signal."""
        if self._next is not None and self.signum == signal.SIGUSR2:
            self._next(self.signum, None)

    # What a signal does

    def _receive(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:  # a process forked from this one, such as a dataloader's worker
            inherited(signum)
            return
        if self.signum is not None:
            if monotonic() - self._since > ONE_S:
                self._end_at_once(signum)
            return
        self.signum, self._since = signum, monotonic()
        launcher = self.trainer.strategy.launcher
        if launcher is not None:
            launcher.kill(signum)  # which passes it on to the other processes
        if waits_for_others(self.trainer):
            self._told = True
        elif self._in_training():
            write(f"{name_of(signum)}: stopping after this step; a second signal ends the run at once")
            if self not in _callbacks(self.trainer):
                _callbacks(self.trainer).append(self)
        else:
            raise Interrupted(signum)

    def _in_training(self) -> bool:
        state = self.trainer.state
        return self._trains and state.fn == TrainerFn.FITTING and state.status == TrainerStatus.RUNNING

    def _end_at_once(self, signum: int) -> NoReturn:
        for process in multiprocessing.active_children():
            process.kill()
        if self.trainer.strategy.launcher is not None:
            self.trainer.strategy.launcher.kill(signal.SIGKILL)
        write(f"{name_of(signum)}: ended at once")
        os._exit(128 + signum)

    # Where training may stop

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin no stage after a signal."""
        if self.signum is not None:
            raise Interrupted(self.signum)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals back from Lightning, and of a single process its steps' hooks no longer."""
        self.trainer, self._pid, self._trains = trainer, os.getpid(), True
        for signum in self._watched:
            signal.signal(signum, self._receive)
        if trainer.world_size == 1:
            others = [callback for callback in _callbacks(trainer) if callback is not self]
            trainer.callbacks = others  # type: ignore[attr-defined]

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop after this batch, unless its gradients wait for those of the next or the epoch ends with it."""
        settled = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if self._agreed(trainer) and settled and not trainer.is_last_batch:
            self._stop(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Not within a validation."""
        if self._trains:
            _ask_to_stop(trainer, False)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop after it."""
        if self._trains and not trainer.sanity_checking and self._agreed(trainer) and not trainer.is_last_batch:
            self._stop(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop after the epoch."""
        if self._agreed(trainer):
            self._stop(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Save, where training has stopped as it was asked to."""
        if isinstance(exception, SIGTERMException) and self.signum is not None:
            self._say(self._save(trainer))

    def _save(self, trainer: Trainer) -> str:
        """Save where the last checkpoint is saved, and return what came of it."""
        if not isinstance(checkpoint := trainer.checkpoint_callback, ModelCheckpoint):
            return "nothing is saved without callbacks.checkpoint"
        name = f"{checkpoint.CHECKPOINT_NAME_LAST}{checkpoint.FILE_EXTENSION}"
        path = Path(checkpoint.dirpath or trainer.default_root_dir, name)
        savers = [callback for callback in _callbacks(trainer) if isinstance(callback, SavesBetween)]
        try:
            if not any(saver.save(trainer) for saver in savers):
                trainer.save_checkpoint(path)
        except Exception as error:
            return f"{path} could not be saved: {error}"
        return f"saved {path}"

    def _stop(self, trainer: Trainer) -> None:
        if os.getpid() == self._made_in:
            _ask_to_stop(trainer, True)
        elif self.signum is not None and not (trainer.is_last_batch and trainer.training):
            # Of a process that was spawned Lightning tells no `on_exception`, and it waits for the results of one that
            # ends without a status.
            self._say(self._save(trainer))
            raise Interrupted(self.signum)

    def _agreed(self, trainer: Trainer) -> bool:
        """Whether a signal came to any of the run's processes."""
        came = self.signum is not None
        if trainer.world_size > 1 and trainer.strategy.reduce_boolean_decision(came, all=False) and not came:
            self.signum, self._since = signal.SIGTERM, monotonic()
        return self.signum is not None

    def _say(self, saved: str) -> None:
        self._told = True
        trainer = self.trainer
        if trainer.is_global_zero and self.signum is not None:
            log.warning(
                "%s: stopped after step %d, with %d epochs finished; %s. The same line with resume=true goes on.",
                *(name_of(self.signum), trainer.global_step, trainer.current_epoch, saved),
            )


def _ask_to_stop(trainer: Trainer, stop: bool) -> None:
    untyped: Any = trainer
    untyped._signal_connector.received_sigterm = stop


def _callbacks(trainer: Trainer) -> list[Callback]:
    untyped: Any = trainer  # one of its connectors sets them
    callbacks: list[Callback] = untyped.callbacks
    return callbacks
