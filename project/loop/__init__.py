"""Loops: what is done with a batch, and when."""

from .autoencoder import AutoencoderLoop as AutoencoderLoop
from .loop import Loop as Loop
from .loop import Schedule as Schedule
from .loop import Step as Step
from .regression import RegressionLoop as RegressionLoop
from .supervised import SupervisedLoop as SupervisedLoop
