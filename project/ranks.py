"""The other processes of a run, where the first has to start them: they end with it, and it says why they did."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic, sleep
from traceback import format_exc
from typing import Any, Final, cast

from lightning import Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher as SubprocessScriptLauncher
from torch import distributed

from project.containment import die_with

_LAST_WORDS: Final = "PROJECT_LAST_WORDS"
_FIRST: Final = "PROJECT_PID_OF_RANK_0"
_OF_LIGHTNING: Final = "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "OMP_NUM_THREADS"
"""What is set for the processes that are started, and by which the next job would think itself one of them."""
_GRACE_S: Final = 20
"""Seconds that a process has to end after another one has, before it is killed."""


class RankError(RuntimeError):
    """A process of the run has failed, other than the first; its traceback is the cause."""


class _LastWords(Exception):  # noqa: N818  # as a traceback shows it
    """The traceback of another process."""


@contextmanager
def led(trainer: Trainer, line: Sequence[str], directory: str, variables: Mapping[str, str]) -> Generator[None]:
    """Have `trainer` start the other processes of the run inside, where that is its affair.

    Args:
        trainer: of the run.
        line: what they execute.
        directory: where they do.
        variables: of their environment, beside this process's own.

    Raises:
        RankError: one of them has failed.
    """
    strategy: Any = trainer.strategy
    given = strategy.launcher
    if type(given) is not SubprocessScriptLauncher:
        yield
        return
    launcher = strategy._launcher = _Launcher(given, partial(subprocess.Popen, line, cwd=directory), variables)
    before = {name: os.environ.get(name) for name in _OF_LIGHTNING}
    try:
        yield
        launcher.wait()
    finally:
        launcher.over.set()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


class _Launcher(SubprocessScriptLauncher):
    """Lightning's, but for what it executes and what it makes of a failure.

    Lightning executes `sys.argv` anew, which for a job of a sweep is the whole sweep's and in a process of a launcher
    the launcher's. When a process fails it kills the first one, so that neither is told why.
    """

    def __init__(
        self,
        given: SubprocessScriptLauncher,
        start: Callable[..., subprocess.Popen[str]],
        variables: Mapping[str, str],
    ) -> None:
        super().__init__(given.cluster_environment, given.num_processes, given.num_nodes)
        self.start, self.variables = start, variables
        self.procs: list[subprocess.Popen[str]] = []
        self.over = threading.Event()
        self._words: Path | None = None

    def launch(self, function: Callable[..., Any], *args: Any, trainer: Trainer | None = None, **kwargs: Any) -> Any:
        """Start the other processes, unless they are there, and call `function`."""
        if not self.cluster_environment.creates_processes_externally:
            self._call_children_scripts()
            threading.Thread(target=self._watch, daemon=True).start()
        try:
            # Which would start them, and an observer of its own, if they were not there by now.
            return cast(Any, super()).launch(function, *args, trainer=trainer, **kwargs)
        except Exception as error:
            failed = self._failed(_GRACE_S if _is_of_connection(error) else 0)
            self._end()
            if failed is None:
                raise
            # What came of it here says nothing.
            raise failed from failed.__cause__

    def wait(self) -> None:
        """Wait for the processes to end, when the run is over.

        Raises:
            RankError: one of them has failed.
        """
        failed = self._failed(inf)
        self._end()
        if failed is not None:
            raise failed from failed.__cause__

    def _call_children_scripts(self) -> None:
        environment = self.cluster_environment
        self._check_can_spawn_children()
        self._words = Path(tempfile.mkdtemp(prefix="ranks-"))
        os.environ |= {
            "MASTER_ADDR": environment.main_address,
            "MASTER_PORT": str(environment.main_port),
            "NODE_RANK": str(environment.node_rank()),
            "LOCAL_RANK": str(environment.local_rank()),
            "WORLD_SIZE": str(self.num_processes * self.num_nodes),
        }
        for rank in range(1, self.num_processes):
            own = {"LOCAL_RANK": str(rank), _LAST_WORDS: str(self._words / str(rank)), _FIRST: str(os.getpid())}
            self.procs.append(self.start(env={**os.environ, **self.variables, **own}))

    def _failed(self, patience_s: float) -> RankError | None:
        """The failure of a process that has failed, or does so while there is patience; None where they have not."""
        until = monotonic() + patience_s
        while True:
            codes = [process.poll() for process in self.procs]
            for rank, code in enumerate(codes, 1):
                if code:
                    return _error(rank, code, self._words)
            if None not in codes or monotonic() > until:
                return None
            sleep(0.05)

    def _watch(self) -> None:
        """End this process where it waits for one that has failed, and does not notice, as under NCCL."""
        while not self.over.wait(1):
            failed = self._failed(0)
            if failed is not None and not self.over.wait(_GRACE_S):
                sys.stderr.write(f"{failed.__cause__ or ''}{failed}\n")
                self._end()
                os._exit(1)

    def _end(self) -> None:
        for process in self.procs:
            process.kill()
            process.wait()
        self.procs.clear()
        if self._words is not None:
            shutil.rmtree(self._words, ignore_errors=True)


@contextmanager
def following() -> Generator[None]:
    """In a process that was started so, end when the first one does, and leave it to that to say what is raised."""
    words, first = (os.environ.get(name) for name in (_LAST_WORDS, _FIRST))
    if words is None or first is None:
        yield
        return
    die_with(int(first))
    try:
        yield
    except Exception:
        Path(words).write_text(format_exc())
        sys.exit(1)


def _error(rank: int, code: int, words: Path | None) -> RankError:
    said = words / str(rank) if words else None
    if said and said.is_file():
        text = said.read_text()
        error = RankError(f"rank {rank} failed: {text.strip().splitlines()[-1]}")
        error.__cause__ = _LastWords(f"\n{text}")
        return error
    if code > 0:
        return RankError(f"rank {rank} ended with status {code}")
    memory = ", as it is when the machine's memory is used up" if -code == signal.SIGKILL else ""
    return RankError(f"rank {rank} was ended by {signal.Signals(-code).name}{memory}")


def _is_of_connection(error: Exception) -> bool:
    """Whether what was raised here may be the end of another process."""
    return isinstance(error, distributed.DistError) or any(
        name in str(error) for name in ("gloo", "NCCL", "Connection")
    )
