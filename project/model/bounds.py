"""Refusals that models share."""


def check_sizes(**sizes: int) -> None:
    """Refuse whatever cannot be a number of channels, classes, layers or the like."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}={size}: must be at least 1.")


def check_dropout(dropout: float) -> None:
    """Refuse what is no share of the activations."""
    if not 0.0 <= dropout <= 1.0:
        raise ValueError(f"{dropout=}: must be a fraction, from 0 to 1.")
