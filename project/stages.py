"""The stages of a run, in the order in which they are asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Literal

import torch
from lightning import Callback, LightningDataModule, LightningModule, Trainer
from torch import Tensor, distributed

from project.pruning import pruned
from project.results import Results, epoch_of, floats

Stage = Literal["fit", "validate", "test", "predict"]


class Reached(Callback):
    """How far a fit came, told by whichever process it ran in: epochs and optimizer steps, (2,) int64."""

    def __init__(self) -> None:
        # Spawned processes hand back metrics and weights, and no more.
        self.counts: Tensor = torch.zeros(2, dtype=torch.int64)
        share: Callable[[], Tensor] = self.counts.share_memory_
        share()

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note it, when training is over."""
        self.counts.copy_(torch.tensor([trainer.current_epoch, trainer.global_step]))


@dataclass
class Stages:
    """Fits, validates, tests and predicts with the same parts.

    Args:
        trainer: runs each stage.
        loop: what is trained.
        datamodule: its data.
        monitor: the logged value that the run is judged by.
        ckpt_path: where training goes on from or, without training, the weights that are used; None for the loop's own.
    """

    trainer: Trainer
    loop: LightningModule
    datamodule: LightningDataModule
    monitor: str
    ckpt_path: str | None = None
    _metrics: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _best: float | None = field(default=None, init=False)
    _reached: "Reached" = field(default_factory=lambda: Reached(), init=False)

    def run(self, stages: Iterable[Stage]) -> Results:
        """Run them; what follows a fit uses its best checkpoint, or the last weights where none was saved.

        Nothing follows a fit that was pruned.
        """
        steps: dict[Stage, Callable[[], None]] = {
            "fit": self._fit,
            "validate": partial(self._measure, self.trainer.validate),
            "test": partial(self._measure, self.trainer.test),
            "predict": self._predict,
        }
        started = monotonic()
        self.trainer.callbacks.append(self._reached)  # type: ignore[attr-defined]  # set by one of its connectors
        try:
            for stage in stages:
                steps[stage]()
                if pruned(self.trainer):
                    break
        finally:
            if distributed.is_initialized():  # or the next job of this process would take it for its own
                distributed.destroy_process_group()
        validation, test = (floats(self._metrics, phase) for phase in ("val/", "test/"))
        return Results(
            monitor=self.monitor,
            value=self._metrics.get(self.monitor) if self._best is None else self._best,
            checkpoint=self.ckpt_path or "",
            data=getattr(self.datamodule, "source_used", ""),
            epochs=int(self._reached.counts[0]),
            steps=int(self._reached.counts[1]),
            validation=validation,
            test=test,
            best_epoch=epoch_of(self.ckpt_path or ""),
            seconds=monotonic() - started,
        )

    def _fit(self) -> None:
        self.trainer.fit(self.loop, self.datamodule, ckpt_path=self.ckpt_path, weights_only=True)
        self._metrics |= floats(self.trainer.callback_metrics)
        checkpoint = self.trainer.checkpoint_callback
        self.ckpt_path = getattr(checkpoint, "best_model_path", "") or None
        score = getattr(checkpoint, "best_model_score", None) if self.ckpt_path else None
        self._best = None if score is None else float(score)

    def _measure(self, evaluate: Callable[..., Sequence[Mapping[str, float]]]) -> None:
        for metrics in evaluate(self.loop, self.datamodule, ckpt_path=self.ckpt_path, verbose=False, weights_only=True):
            self._metrics |= metrics

    def _predict(self) -> None:
        self.trainer.predict(
            self.loop, self.datamodule, return_predictions=False, ckpt_path=self.ckpt_path, weights_only=True
        )
