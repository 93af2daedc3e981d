"""Training steps as Lightning takes them, without what it does around each of them to no effect."""

from .epoch_loop import RoundsLoop as RoundsLoop
from .epoch_loop import in_rounds as in_rounds
