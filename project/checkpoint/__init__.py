"""Checkpoints: written whole or not at all, and held to be so before anything is taken from them."""

from .read import misfits as misfits
from .read import refusal as refusal
from .read import weights as weights
from .usable import usable as usable
from .usable import whole_beside as whole_beside
from .write import UnwritableError as UnwritableError
from .write import keep_whole as keep_whole
