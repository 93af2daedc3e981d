"""Which of the processes of one run this is."""

import sys


def rank() -> int:
    """0 in the first process, and in one that has not imported Lightning, which sets it."""
    lightning = sys.modules.get("lightning_utilities.core.rank_zero")
    return int(getattr(getattr(lightning, "rank_zero_only", None), "rank", 0))
