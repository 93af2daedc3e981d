"""Callbacks: what goes on beside the loop."""

from .ema import EMA as EMA
from .predictions import Predictions as Predictions
