"""A fork is taken for a job only where it can do what the job does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKED = """
import torch
from project.containment import fork
fork._PROBE_S = 2
assert fork.may_fork()
torch.ones(1 << 20).add(1).sum()
print(fork.may_fork())
"""


@pytest.mark.parametrize(("threads", "may"), [(1, True), (2, False)])
def test_a_process_that_has_computed_in_several_threads_forks_no_job(threads: int, may: bool) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True)
    assert done.stdout == f"{may}\n", done.stderr
