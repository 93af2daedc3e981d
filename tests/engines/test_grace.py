"""A job that does not end in time after a signal is killed, so that its sweep ends."""

import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher

from project.config.engine import Engine, failed
from project.config.rounds import Policy, Rounds
from project.interruption import Interrupted
from project.status import Status
from project.sweeps.jobs import truth
from project.sweeps.live import Live
from project.sweeps.record import Asked, Record


class Stubborn(Engine):
    """Runs one job, which hears of no SIGTERM, and is itself sent one meanwhile.

    Args:
        home: the job's directory.
    """

    grace_s = 0.5

    def __init__(self, home: Path) -> None:
        self.home = home

    def engine(self) -> Launcher:
        raise NotImplementedError

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # which a process inherits
        job = subprocess.Popen(["/bin/sleep", "300"])
        signal.signal(signal.SIGTERM, before)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        Status("running", now, None, "", "", platform.node(), job.pid).write(self.home)
        os.kill(os.getpid(), signal.SIGTERM)
        ended = job.wait()
        return [failed(RuntimeError(f"ended with {ended}"))]


def test_a_job_that_does_not_end_after_a_signal_is_killed(tmp_path: Path) -> None:
    asked = Asked(0, "0" * 64, (), "val/accuracy", "max")
    record = Record((), (), datetime.now(UTC).isoformat(timespec="seconds"), None, "here", 1, (asked,))
    rounds = Rounds(Stubborn(tmp_path / "0"), tmp_path, record, {0: ()}, Policy("continue", 0), Live())
    with pytest.raises(Interrupted) as ended:
        rounds.run()
    assert ended.value.signum == signal.SIGTERM
    assert truth(tmp_path / "0") == "killed"
