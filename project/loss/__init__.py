"""Losses: means over a batch, from predictions and targets."""

from .elementwise import AbsoluteError as AbsoluteError
from .elementwise import BinaryCrossEntropy as BinaryCrossEntropy
from .elementwise import Huber as Huber
from .elementwise import SquaredError as SquaredError
from .focal import Focal as Focal
