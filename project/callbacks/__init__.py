"""What happens beside the training."""

from .predictions import Predictions as Predictions
