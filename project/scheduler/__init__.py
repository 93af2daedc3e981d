"""Schedules: the learning rate over a run, as a multiple of the optimizer's own."""

from .constant import Constant as Constant
from .cosine import Cosine as Cosine
from .one_cycle import OneCycle as OneCycle
from .per_epoch import PerEpoch as PerEpoch
from .plateau import Plateau as Plateau
from .schedule import Schedule as Schedule
from .trapezoid import Trapezoid as Trapezoid
