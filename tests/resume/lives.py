"""`python train.py` in a process of its own that can be killed: forked from one that has imported everything."""

import logging
import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path
from time import monotonic, sleep
from typing import Any


def context() -> ForkServerContext:
    """Where processes are forked from, with torch, Lightning and the catalogue there already: seconds less a life."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["train", "matplotlib.pyplot", "tensorboard.compat.proto.event_pb2"])
    return found


def _live(directory: str, line: tuple[str, ...]) -> None:
    """What `python train.py LINE` does in that directory."""
    import train
    from project.config.launch import launch
    from project.rehearsal import rehearse

    os.chdir(directory)
    sys.argv[:] = ["train.py", *line]
    os.environ["HYDRA_MAIN_MODULE"] = "__main__"
    with Path("output.txt").open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    logging.captureWarnings(False)
    launch(train.main, rehearse)


class Life:
    """One process.

    Args:
        server: where it is forked.
        directory: where it runs; its output is appended to `output.txt` there.
        line: the overrides.
    """

    def __init__(self, server: ForkServerContext, directory: Path, *line: str) -> None:
        self.begun = monotonic()
        self.process: Any = server.Process(target=_live, args=(str(directory), line))
        self.process.start()

    def kill(self) -> bool:
        """`kill -9`; whether that was before its end."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        return bool(self.process.exitcode == -signal.SIGKILL)

    def kill_after(self, seconds: float) -> bool:
        """Likewise, after so much of its life."""
        self.process.join(max(0.0, self.begun + seconds - monotonic()))
        return self.process.exitcode is None and self.kill()

    def kill_at_a_write(self, checkpoints: Path, number: int, timeout: float = 60) -> bool:
        """Likewise, when for the `number`th time something appears or changes among the checkpoints."""
        seen, last, end = 0, _look(checkpoints), monotonic() + timeout
        while self.process.exitcode is None and monotonic() < end:
            now = _look(checkpoints)
            seen += now != last
            last = now
            if seen >= number:
                return self.kill()
            sleep(0.0005)
        return False

    def end(self) -> float:
        """Wait for its end; the seconds that it took."""
        self.process.join()
        assert self.process.exitcode == 0
        return monotonic() - self.begun


def _look(directory: Path) -> list[tuple[str, int, int]]:
    found = list[tuple[str, int, int]]()
    if directory.is_dir():
        for entry in os.scandir(directory):
            try:
                status = entry.stat()
            except FileNotFoundError:  # moved to its place meanwhile
                continue
            found.append((entry.name, status.st_size, status.st_mtime_ns))
    return sorted(found)
