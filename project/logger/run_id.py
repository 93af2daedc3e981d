"""Under which id a service knows a run, kept in the run's directory for the process that goes on with it."""

from pathlib import Path


class RunId:
    """The id of one run at one service.

    Args:
        directory: the run's.
        service: its name.
    """

    def __init__(self, directory: str, service: str) -> None:
        self._file = Path(directory) / f".{service}_id"

    def read(self) -> str | None:
        """The id; None where the run has not begun there."""
        return self._file.read_text() if self._file.is_file() else None

    def write(self, run_id: str) -> None:
        """Keep the id."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(run_id)
