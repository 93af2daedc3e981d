"""Callbacks beyond Lightning's own."""

from .pictures import Pictures as Pictures
