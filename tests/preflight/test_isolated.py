"""A child process that does its worst."""

import ctypes
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import pytest
import torch
from flights import images, supervised

from project.model import MLP
from project.preflight import Report, Unfinished, device_memory, isolated, preflight


def answer() -> dict[str, int]:
    return {"answer": 42}


def test_a_result_comes_back() -> None:
    assert isolated(answer, 60) == {"answer": 42}


def fly() -> Report:
    return preflight(images(), supervised(MLP(784, 10)))


def test_a_report_comes_back() -> None:
    here = fly()
    for _ in range(2):  # a preflight in this process is no obstacle to one in a fork
        there = isolated(fly, 60)
        assert isinstance(there, Report)
        assert there.unchecked == ()
        assert there.memory is not None
        assert (there.flops, there.logged, there.problems) == (here.flops, here.logged, here.problems)


seen: list[int] = []


def work() -> tuple[int, str, bool]:
    seen.append(1)
    return os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"], torch.cuda.is_available()


def test_the_child_has_memory_of_its_own_and_no_gpu() -> None:
    result = isolated(work, 60)
    assert isinstance(result, tuple)
    assert result[0] != os.getpid()
    assert result[1:] == ("", False)
    assert seen == []


def crash() -> None:
    ctypes.string_at(0)


def leave() -> None:
    sys.exit(3)


def vanish() -> None:
    os._exit(7)


def fail() -> None:
    raise KeyError("lost")


def hand_back_a_lock() -> object:
    return threading.Lock()


WORST: list[tuple[Callable[[], object], str]] = [
    (crash, "crashed with exit code -11"),
    (vanish, "crashed with exit code 7"),
    (leave, "SystemExit: 3"),
    (fail, "KeyError: 'lost'"),
    (hand_back_a_lock, "the result does not pickle: TypeError: cannot pickle '_thread.lock' object"),
]


@pytest.mark.parametrize(("call", "reason"), WORST)
def test_whatever_happens_is_told_and_not_raised(call: Callable[[], object], reason: str) -> None:
    assert isolated(call, 60) == Unfinished(reason)


def test_a_call_that_hangs_is_ended() -> None:
    began = perf_counter()
    assert isolated(partial(sleep, 60), 0.3) == Unfinished("took more than 0.3 s")
    assert perf_counter() - began < 10


def test_no_child_is_left() -> None:
    isolated(partial(sleep, 60), 0.1)
    isolated(crash, 60)
    isolated(os.getpid, 60)
    assert multiprocessing.active_children() == []


def noise() -> None:
    sys.stdout.write("loud")
    sys.stderr.write("louder")
    os.write(1, b"loudest")
    torch.tensor(1.0).backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(isolated(noise, 60), Unfinished)
    isolated(crash, 60)
    assert capfd.readouterr() == ("", "")


def flush() -> None:
    sys.stdout.flush()


def test_what_the_parent_had_not_yet_written_is_written_once(capfd: pytest.CaptureFixture[str]) -> None:
    sys.stdout.write("pending")
    isolated(flush, 60)
    sys.stdout.flush()
    assert capfd.readouterr().out == "pending"


def test_a_process_that_may_have_no_children_is_told_so() -> None:
    result = isolated(partial(isolated, os.getpid, 60), 60)
    assert result == Unfinished("no child process: AssertionError: daemonic processes are not allowed to have children")


SPOILED = """
import os
from torch import ones
from torch._subclasses.fake_tensor import FakeTensorMode
from project.preflight import isolated

if __name__ == "__main__":
    FakeTensorMode().from_tensor(ones(2)).requires_grad_().sum().backward()
    assert isolated(os.getppid, 60) == os.getpid()
    print("spawned")
"""


@pytest.mark.long
def test_a_child_is_spawned_once_autograd_has_threads(tmp_path: Path) -> None:
    script = tmp_path / "spoiled.py"
    script.write_text(SPOILED)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("spawned\n", "")


@pytest.mark.long
def test_a_spawned_child_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("project.preflight.child._may_fork", lambda: False)
    assert isolated(os.getppid, 60) == os.getpid()
    report = isolated(fly, 60)
    assert isinstance(report, Report)
    assert report.memory is not None
    assert isinstance(isolated(lambda: 1, 60), Unfinished)


def multiply() -> int:
    return len(torch.rand(500, 500) @ torch.rand(500, 500))


@pytest.mark.usefixtures("two_threads")
def test_threads_of_torch_do_not_hang_the_child() -> None:
    assert multiply() == 500
    assert isolated(multiply, 60) == 500


def test_memory_of_the_host_is_known_and_no_gpu_is_touched() -> None:
    ram = device_memory("cpu")
    assert ram is not None
    assert ram > 2**28
    assert device_memory("auto") is not None
    assert device_memory("tpu") is None
    device_memory("gpu")
    assert not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
