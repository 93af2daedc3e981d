"""`status.json`: what a run says of itself, and what is true."""

import json
import os
import platform
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from project import status
from project.status import Status, recorded

HERE = Status("running", datetime.now(UTC).isoformat(), None, "", "", platform.node(), os.getpid())


def test_a_run_is_running_until_it_has_finished(tmp_path: Path) -> None:
    with recorded(tmp_path):
        within = status.read(tmp_path)
    after = status.read(tmp_path)
    assert within is not None
    assert after is not None
    assert (within.state, within.truth, within.ended, within.pid) == ("running", "running", None, os.getpid())
    assert (after.state, after.truth, after.error, after.traceback) == ("finished", "finished", "", "")
    assert after.ended is not None
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_run_that_fails_says_why_and_goes_on_failing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such thing"), recorded(tmp_path):
        raise ValueError("no such thing")
    found = status.read(tmp_path)
    assert found is not None
    assert (found.state, found.error) == ("failed", "ValueError: no such thing")
    assert "test_status.py" in found.traceback


@pytest.mark.parametrize(("end", "said"), [(SystemExit(143), "SIGTERM"), (KeyboardInterrupt(), "SIGINT")])
def test_a_run_that_is_broken_off_is_no_failure(end: BaseException, said: str, tmp_path: Path) -> None:
    with pytest.raises(type(end)), recorded(tmp_path):
        raise end
    found = status.read(tmp_path)
    assert found is not None
    assert (found.state, found.error, found.traceback) == ("interrupted", said, "")


def test_no_secret_of_the_environment_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "f00dbabe42")
    with pytest.raises(RuntimeError), recorded(tmp_path):
        raise RuntimeError("refused f00dbabe42 at https://me:pass@example.org, token=abc")
    written = (tmp_path / "status.json").read_text()
    assert json.loads(written)["error"] == "RuntimeError: refused $WANDB_API_KEY at https://example.org, token=***"
    assert "f00dbabe42" not in written


def test_a_run_whose_process_is_gone_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        running = replace(HERE, pid=child.pid, started=datetime.now(UTC).isoformat())
        truths = [running.truth]
        child.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from now on
        truths.append(running.truth)
    assert [*truths, running.truth] == ["running", "killed", "killed"]


def test_a_process_that_was_given_the_number_later_is_another() -> None:
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert replace(HERE, started=before).truth == "killed"


def test_of_another_machine_nothing_is_known() -> None:
    assert replace(HERE, hostname="elsewhere", pid=2**22 + 1).truth == "running"


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"state": "running", "more": 1}'])
def test_a_file_that_says_nothing_is_no_status(content: str, tmp_path: Path) -> None:
    assert status.read(tmp_path) is None
    (tmp_path / "status.json").write_text(content)
    assert status.read(tmp_path) is None
