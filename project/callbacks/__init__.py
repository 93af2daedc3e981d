"""Callbacks: what a run shows of itself."""

from .progress import Progress as Progress
from .summary import Summary as Summary
