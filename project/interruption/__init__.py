"""Signals that end a run."""

from .interruption import interruptible as interruptible
from .signals import Interrupted as Interrupted
from .slurm import ending_by_signals as ending_by_signals
