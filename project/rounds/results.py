"""What is logged by `self.log` while training."""

from typing import Any

from lightning.pytorch.trainer.connectors.logger_connector import result
from torch import Tensor


class Results(result._ResultCollection):  # pyright: ignore[reportPrivateUsage]
    """Lightning's, and whether anything was logged since `logged` was last set."""

    def __init__(self) -> None:
        super().__init__(training=True)
        self.logged = False

    def log(self, *args: Any, **settings: Any) -> None:
        """Take it down."""
        self.logged = True
        collection: Any = super()
        collection.log(*args, **settings)

    def __setitem__(self, name: str, metric: Any) -> None:
        """Keep what is logged under a name for the first time."""
        if type(metric) is result._ResultMetric:  # pyright: ignore[reportPrivateUsage]
            metric.__class__ = _Result
        collection: Any = super()
        collection.__setitem__(name, metric)


class _Result(result._ResultMetric):  # pyright: ignore[reportPrivateUsage]
    """Lightning's, which at each log looks through all that it has for what is to be moved: 400 µs for nothing."""

    def to(self, *args: Any, **settings: Any) -> "_Result":
        """Move it, unless it is there."""
        held: Any = vars(self).get("value")
        if settings or not isinstance(held, Tensor) or args != (held.device,):
            super().to(*args, **settings)
        return self
