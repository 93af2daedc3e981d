"""Optimizers beside torch's own: with parameters that are left undecayed, and by matrices."""

from .groups import SGD as SGD
from .groups import AdamW as AdamW
from .muon import Muon as Muon
