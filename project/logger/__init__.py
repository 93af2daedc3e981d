"""Loggers beyond Lightning's own, and what is recorded of a run as a whole."""

from .mlflow import MLFlowLogger as MLFlowLogger
from .recording import recording as recording
from .wandb import WandbLogger as WandbLogger
