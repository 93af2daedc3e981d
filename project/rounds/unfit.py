"""What leaves a run's steps to Lightning."""

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.loops.fetchers import _DataFetcher, _PrefetchDataFetcher  # pyright: ignore[reportPrivateUsage]
from lightning.pytorch.plugins.precision import HalfPrecision, MixedPrecision, Precision
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.strategies import SingleDeviceStrategy

from .hooks import overridden

WORKING = "optimizer_step", "optimizer_zero_grad", "backward", "lr_scheduler_step", "on_train_batch_start"
"""Hooks of a module that do, or decide, what is done here in its place."""


def unfit(trainer: Trainer, fetcher: _DataFetcher) -> str | None:
    """Why each step must be taken the long way; None when it need not."""
    parts: Any = trainer
    module: Any = parts.lightning_module
    precision: Any = parts.precision_plugin
    plain = type(precision) in (Precision, HalfPrecision)
    plain = plain or (type(precision) is MixedPrecision and precision.scaler is None)
    reasons = {
        "manual optimization": not module.automatic_optimization,
        "several optimizers": len(parts.optimizers) != 1,
        "its strategy": type(parts.strategy) is not SingleDeviceStrategy or parts.strategy.model is not module,
        "its precision": not plain,
        "a profiler": type(parts.profiler) is not PassThroughProfiler,
        "a loader that the step reads itself": type(fetcher) is not _PrefetchDataFetcher,
        "a loader without a length": fetcher.length is None,
        "validation by the clock": parts._val_check_time_interval is not None,
        "a scheduler that waits for a metric at each step": any(
            each.reduce_on_plateau and each.interval == "step" for each in parts.lr_scheduler_configs
        ),
    }
    reasons |= {f"{type(module).__name__}.{name}": overridden(module, name, LightningModule) for name in WORKING}
    return next((reason for reason, is_so in reasons.items() if is_so), None)
