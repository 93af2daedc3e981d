"""What a sweep says while it runs."""

import sys
from pathlib import Path

from project import status
from project.sweeps.jobs import truth
from project.sweeps.record import Record


class Live:
    """Tells of each job when it begins and when it has ended.

    Args:
        directory: the sweep's.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._told: dict[int, str] = {}

    def begin(self, record: Record) -> None:
        """The sweep is about to run those of its jobs that are asked for and not finished."""
        self.jobs, self.swept = [job for job in record.jobs if job.asked], record.swept
        self._told = {job.number: truth(self.directory / job.directory) for job in self.jobs}

    def tick(self) -> None:
        """Some time has passed."""
        for job in self.jobs:
            if self._told[job.number] in {"finished", "failed"}:
                continue
            now = truth(self.directory / job.directory)
            if now != self._told[job.number]:
                self._told[job.number] = now
                found = status.read(self.directory / job.directory)
                why = f": {found.error.partition(chr(10))[0]}" if found is not None and found.error else ""
                values = " ".join(item for item in job.overrides if item.partition("=")[0] in self.swept)
                say(f"job {job.number} {now}{why}  {values}".rstrip())

    def end(self) -> None:
        """Nothing of it runs any more."""
        self.tick()


def say(line: str) -> None:
    """Say a line about the sweep, where its own process writes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
