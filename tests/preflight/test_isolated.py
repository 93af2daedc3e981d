"""A child process that does its worst."""

import ctypes
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from time import perf_counter, sleep

import pytest
import torch
from flights import images, supervised

from project.model import MLP
from project.preflight import Report, Unfinished, device_memory, isolated, preflight


def test_a_result_comes_back() -> None:
    assert isolated(lambda: {"answer": 42}, 60) == {"answer": 42}


def test_a_report_comes_back() -> None:
    data, loop = images(), supervised(MLP(100, 10))
    report = isolated(lambda: preflight(data, loop), 60)
    assert isinstance(report, Report)
    assert report == preflight(data, loop)


def test_the_child_has_memory_of_its_own_and_no_gpu() -> None:
    seen: list[int] = []

    def work() -> tuple[int, str, bool]:
        seen.append(1)
        return os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"], torch.cuda.is_available()

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
    assert isolated(lambda: sleep(60), 0.3) == Unfinished("took more than 0.3 s")
    assert perf_counter() - began < 10


def test_no_child_is_left() -> None:
    isolated(lambda: sleep(60), 0.1)
    isolated(crash, 60)
    isolated(lambda: 1, 60)
    assert multiprocessing.active_children() == []


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    def noise() -> None:
        sys.stdout.write("loud")
        sys.stderr.write("louder")
        os.write(1, b"loudest")
        torch.tensor(1.0).backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]

    assert isinstance(isolated(noise, 60), Unfinished)
    isolated(crash, 60)
    assert capfd.readouterr() == ("", "")


def test_what_the_parent_had_not_yet_written_is_written_once(capfd: pytest.CaptureFixture[str]) -> None:
    sys.stdout.write("pending")
    isolated(sys.stdout.flush, 60)
    sys.stdout.flush()
    assert capfd.readouterr().out == "pending"


def test_a_process_that_may_have_no_children_is_told_so() -> None:
    result = isolated(lambda: isolated(lambda: 1, 60), 60)
    assert result == Unfinished("no child process: AssertionError: daemonic processes are not allowed to have children")


@pytest.mark.long
def test_a_spawned_child_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("project.preflight.child._may_fork", lambda: False)
    assert isolated(os.getppid, 60) == os.getpid()
    assert isinstance(isolated(lambda: 1, 60), Unfinished)


def test_threads_of_torch_do_not_hang_the_child() -> None:
    def multiply() -> int:
        return len(torch.rand(500, 500) @ torch.rand(500, 500))

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
