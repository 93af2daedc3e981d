"""Pictures of what a model learned, drawn when a stage ends."""

from .callback import Pictures as Pictures
