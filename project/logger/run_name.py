"""What a run is called."""

from pathlib import Path


def run_name(directory: str) -> str:
    """The name of the run's directory; a job of a sweep, whose directory is a number, has the sweep's before it."""
    path = Path(directory)
    return f"{path.parent.name}/{path.name}" if path.name.isdigit() else path.name
