"""Going on with a run that was cut off, so that it ends bit by bit as if it had not been."""

from .between import Between as Between
from .between import Rewinding as Rewinding
from .reseed import Reseed as Reseed
