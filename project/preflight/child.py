"""A call in a process of its own, which may crash, hang or print as it likes."""

import faulthandler
import logging
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeVar, cast

import torch

T = TypeVar("T")


@dataclass(frozen=True)
class Unfinished:
    """Why there is no result."""

    reason: str


_NO_AUTOGRAD = Unfinished("autograd does not work in a fork of this process")


def isolated(call: Callable[[], T], timeout_s: float) -> T | Unfinished:
    """Run a function in a child process and return its result, or why there is none; nothing is raised or printed.

    The child is forked where that is safe: not on macOS, not once CUDA is in use, and not once autograd has started
    its threads. Else it is spawned, and the function must be picklable then, as its result always must. The child sees
    no GPU and uses one thread.

    Args:
        call: the function.
        timeout_s: seconds after which the child is killed.

    """
    result = _attempt(call, timeout_s, "fork" if _may_fork() else "spawn")
    spoiled = isinstance(result, Unfinished) and result == _NO_AUTOGRAD
    return _attempt(call, timeout_s, "spawn") if spoiled else result


def _attempt(call: Callable[[], T], timeout_s: float, method: str) -> T | Unfinished:
    try:
        process, results = _started(call, method)
    except Exception as error:
        return Unfinished(f"no child process: {_said(error)}")
    try:
        return cast("T | Unfinished", _result(process, results, timeout_s))
    finally:
        process.kill()
        process.join()
        process.close()
        results.close()


def _started(call: Callable[[], object], method: str) -> "tuple[Any, Connection[Any, Any]]":
    context: Any = multiprocessing.get_context(method)
    results, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(call, sender), daemon=True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or the child would write again what is still in their buffers
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads; the child takes no lock that a thread of ours may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
    finally:
        sender.close()
    return process, results


def _may_fork() -> bool:
    return (
        "fork" in multiprocessing.get_all_start_methods()
        and sys.platform != "darwin"
        and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    )


def _result(process: Any, results: "Connection[Any, Any]", timeout_s: float) -> object:
    if not results.poll(timeout_s):
        return Unfinished(f"took more than {timeout_s:g} s")
    try:
        return results.recv()
    except EOFError:
        process.join()
        return Unfinished(f"crashed with exit code {process.exitcode}")
    except Exception as error:
        return Unfinished(f"the result does not unpickle: {_said(error)}")


def _child(call: Callable[[], object], results: "Connection[Any, Any]") -> None:
    _quiet()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    torch.set_num_threads(1)  # a fork has none of the threads that OpenMP believes in
    try:
        result = call() if _autograd_works() else _NO_AUTOGRAD
    except BaseException as error:
        result = Unfinished(_said(error))
    try:
        results.send(result)
    except Exception as error:
        results.send(Unfinished(f"the result does not pickle: {_said(error)}"))


def _autograd_works() -> bool:
    """Whether the parent had not yet started autograd's threads, which no fork inherits."""
    try:
        torch.ones((), requires_grad=True).backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    except RuntimeError:
        return False
    return True


def _quiet() -> None:
    logging.disable()
    faulthandler.disable()  # it may hold the terminal under another descriptor
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  # until the process ends
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
