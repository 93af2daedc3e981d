"""What a model is made of."""

import logging
from typing import Annotated

from annotated_types import Ge
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelSummary

log = logging.getLogger(__name__)


class Summary(ModelSummary):
    """The layers of the model and their parameters, logged before the first epoch.

    Lightning leaves its own summary out where there is this one. No example is passed through the model, as that would
    draw random numbers; the preflight has measured what a step takes.

    Args:
        max_depth: levels of nesting that are shown; 1 shows the model and the loss as wholes, -1 every layer.

    Raises:
        ValueError: if `max_depth` is below -1.
    """

    def __init__(self, max_depth: Annotated[int, Ge(-1)] = 2) -> None:
        if max_depth < -1:
            raise ValueError(f"Summary: {max_depth=} must be -1 (every layer) or more.")
        super().__init__(max_depth)
        self.max_depth = max_depth

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the table; every rank counts, as sharded parameters want, and rank 0 speaks."""
        summary = self._summary(trainer, pl_module)
        rows = [
            ("  " * name.count(".") + name.rpartition(".")[2], kind, f"{count:,}" if count >= 0 else "?")
            for name, kind, count in zip(summary.layer_names, summary.layer_types, summary.param_nums, strict=True)
        ]
        total, trained = summary.total_parameters, summary.trainable_parameters
        frozen = f", {total - trained:,} of them frozen" if total > trained else ""
        if trainer.is_global_zero:
            table = [*aligned(rows), f"{total:,} parameters{frozen}, {summary.model_size:.3g} MB"]
            log.info("\n".join(table))


def aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    """Rows as lines of three columns, the last one of numbers."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    return [f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {count:>{widths[2]}}" for name, kind, count in rows]
