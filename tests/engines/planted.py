"""Jobs of which one in six fails: `python planted.py -m seed=…`; a good one notes that it came to its end."""

import ctypes
import math
import os
import signal
import sys
import time
from pathlib import Path

import hydra
import torch

from configs import Config
from project.config.hydras import VERSION_BASE
from project.config.launch import launch
from project.interruption import ending_by_signals


def fail(number: int) -> float:
    """Fail in one of ten ways; the value is that of the one that ends well."""
    kinds = [_raise, _exit, _exit_well, _kill, _terminate, _memory, _nan, _segfault, _abort, _os_exit]
    return kinds[number % len(kinds)]()


def _raise() -> float:
    raise RuntimeError("planted")


def _exit() -> float:
    sys.exit(3)


def _exit_well() -> float:
    sys.exit(0)


def _kill() -> float:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


def _terminate() -> float:
    os.kill(os.getpid(), signal.SIGUSR1)
    return 0.0


def _memory() -> float:
    return float(len(bytearray(2**62)))


def _nan() -> float:
    weight = torch.ones(3, requires_grad=True)
    (weight.log().sum() * math.inf * 0).backward()  # type: ignore[no-untyped-call]
    return float((weight - weight.grad).sum()) if weight.grad is not None else math.nan


def _segfault() -> float:
    ctypes.string_at(0)
    return 0.0


def _abort() -> float:
    os.abort()


def _os_exit() -> float:
    os._exit(0)


@hydra.main(config_name="config", config_path=None, **VERSION_BASE)
def main(config: Config) -> float:
    """A value after some work, or none; what it does to its process is nobody else's."""
    assert "PLANTED" not in os.environ, "the state of another job"
    os.environ["PLANTED"] = "1"
    assert (torch.ones(300, 300) @ torch.ones(300, 300)).sum() == 300**3
    time.sleep(float(os.environ.get("SECONDS", "0.03")))
    if config.seed % 6 == 5:
        return fail(config.seed // 6)
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(f"{config.seed}\n")
    return float(config.seed)


if __name__ == "__main__":
    with ending_by_signals():
        launch(main, lambda _: None)  # type: ignore[arg-type, return-value]
