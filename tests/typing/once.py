"""One slow run for all processes of a parallel test run."""

import os
from collections.abc import Callable

import pytest
from filelock import FileLock


def once(make: Callable[[], str], name: str, temporary: pytest.TempPathFactory) -> str:
    """What `make` returns; the first process to ask calls it, the others wait and read."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return make()
    kept = temporary.getbasetemp().parent / name
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(make())
    return kept.read_text()
