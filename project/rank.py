"""Which of the processes of one run this is."""

from lightning_utilities.core.rank_zero import rank_zero_only


def rank() -> int:
    """0 in the first process, and in one that has not imported Lightning, which sets it."""
    return int(getattr(rank_zero_only, "rank", 0))
