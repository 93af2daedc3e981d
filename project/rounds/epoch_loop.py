"""Lightning's loop over the batches of an epoch, with a shorter way from one batch to the next."""

import gc
import logging
from math import isinf
from typing import Any, NamedTuple, final

from lightning import Trainer
from lightning.pytorch.loops.fetchers import _DataFetcher  # pyright: ignore[reportPrivateUsage]
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop  # pyright: ignore[reportPrivateUsage]

from .batches import Batches
from .hooks import Hooks
from .plain import step_schedule
from .results import Results
from .step import StepTaker
from .unfit import unfit

log = logging.getLogger(__name__)


def in_rounds(trainer: Trainer, steps: int) -> None:
    """Have `trainer` train in rounds of at most so many batches; 1 leaves each of them to Lightning."""
    if steps == 1:
        return
    fit: Any = trainer.fit_loop
    fit.epoch_loop = RoundsLoop(trainer, fit.epoch_loop, steps)


@final
class RoundsLoop(_TrainingEpochLoop):
    """Goes through the batches in rounds, between which Lightning does what it does after each single one.

    A round ends where a validation is due, the epoch or the training ends, or somebody asks it to stop. Within a round
    each batch has the same hooks called in the same order, the same counters, logs and random numbers, and thus ends in
    the same bits. What is left out: hooks that nobody overrides, the look whether the training is over, profiling, and
    wrappers that do nothing on one device. A run for which that is not all is left to Lightning, see `unfit`.

    Args:
        trainer: of the run.
        plain: the loop in whose place this one is.
        steps: the batches of a round, at most.
    """

    def __init__(self, trainer: Trainer, plain: _TrainingEpochLoop, steps: int) -> None:
        super().__init__(trainer, plain.min_steps, plain.max_steps)
        self.steps = steps
        self._logs = self._results = Results()
        self._fits = self._froze = False
        self._way: _Way | None = None

    def on_run_start(self, data_fetcher: _DataFetcher) -> None:
        """Find out which way this epoch goes."""
        super().on_run_start(data_fetcher)
        reason = unfit(self.trainer, data_fetcher)
        if reason is not None:
            log.debug("each step is left to Lightning: %s", reason)
        self._fits, self._way = reason is None, None
        if not self._froze:
            # Whatever was imported and built by now would be gone through again and again in search of garbage.
            gc.freeze()
            self._froze = True

    def teardown(self) -> None:
        """Let all of it be collected again."""
        gc.unfreeze()
        self._froze = False
        super().teardown()

    def advance(self, data_fetcher: _DataFetcher) -> None:
        """Train on the batches of a round."""
        if not self._fits or self.restarting:
            super().advance(data_fetcher)
            return
        self.val_loop.restarting = False
        trainer: Any = self.trainer
        way = self._way = self._way or self._begun(data_fetcher)
        left = self._batches_to_go()
        while True:
            accumulates = self._train_on(way.batches.next(), way)
            left -= 1
            if left <= 0 or trainer.should_stop or trainer.received_sigterm:
                return
            if not accumulates:
                self._batches_that_stepped += 1

    def _begun(self, data_fetcher: _DataFetcher) -> "_Way":
        batches = Batches(self.trainer, data_fetcher, self.batch_progress.current.ready)
        hooks = Hooks(self.trainer)
        return _Way(batches, hooks, StepTaker(self.trainer, hooks))

    def _batches_to_go(self) -> int:
        """Until Lightning must be asked what comes next."""
        trainer: Any = self.trainer
        batches = self.batch_progress
        limits: list[float] = [self.steps, trainer.num_training_batches - batches.current.ready]
        if self.max_steps != -1:
            limits.append(self.max_steps - self.global_step)
        every = trainer.val_check_batch
        if every is not None and not isinf(every):
            done = (batches.total if trainer.check_val_every_n_epoch is None else batches.current).ready
            limits.append(every - done % every)
        return int(min(limits))

    def _train_on(self, batch: Any, way: "_Way") -> bool:
        """What Lightning does for a batch; whether the optimizer's step waits for another."""
        trainer: Any = self.trainer
        progress, results, connector = self.batch_progress, self._logs, trainer._logger_connector
        way.hooks.look()
        number = self.batch_idx + 1
        progress.is_last_batch = way.batches.fetcher.done
        progress.increment_ready()
        accumulates = self._should_accumulate()
        connector._first_loop_iter = connector._first_loop_iter is None
        results.batch, results.batch_size, results.dataloader_idx = batch, None, None
        outputs: dict[str, Any] | None = None
        if batch is None:
            self._warning_cache.warn("train_dataloader yielded None. If this was on purpose, ignore this warning...")
        else:
            way.hooks("on_train_batch_start", batch, number)
            progress.increment_started()
            outputs = way.take_step(batch, number, accumulates=accumulates)
        progress.increment_processed()
        self._step_schedulers(number, accumulates)
        way.hooks("on_train_batch_end", outputs, batch, number)
        if results.logged:
            connector.on_batch_end()
        results.logged, results.batch, results.batch_size = False, None, None
        progress.increment_completed()
        every = trainer.log_every_n_steps
        if trainer.fast_dev_run or trainer.should_stop or (every and (self._batches_that_stepped + 1) % every == 0):
            connector.update_train_step_metrics()
        return accumulates

    def _step_schedulers(self, number: int, accumulates: bool) -> None:
        configs: Any = self.trainer.lr_scheduler_configs
        if not accumulates:
            for each in configs:
                if each.interval == "step" and (number + 1) % each.frequency == 0:
                    self.scheduler_progress.increment_ready()
                    step_schedule(each.scheduler)
                    self.scheduler_progress.increment_completed()
        if self._num_ready_batches_reached():
            self.update_lr_schedulers("epoch", update_plateau_schedulers=False)


class _Way(NamedTuple):
    """What an epoch is trained with."""

    batches: Batches
    hooks: Hooks
    take_step: StepTaker
