"""Callbacks: what goes on beside the loop."""

from .best_and_last import BestAndLast as BestAndLast
from .ema import EMA as EMA
from .learning_rate import LearningRate as LearningRate
from .non_finite import NonFinite as NonFinite
from .non_finite import NonFiniteError as NonFiniteError
from .pictures import Pictures as Pictures
from .predictions import Predictions as Predictions
from .progress import Progress as Progress
from .summary import Summary as Summary
