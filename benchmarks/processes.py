"""Training on one process and on two: `python -m benchmarks.processes`."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

_TRAIN = Path(__file__).parents[1] / "train.py"
_SPEED = re.compile(r"epoch (\d+)/.*\((\d+) samples/s\)")
_WARM_UP = 2
"""Epochs that are not counted."""


class Way(NamedTuple):
    """How a batch of 256 images is computed."""

    name: str
    trainer: str
    processes: int
    threads: int


WAYS = (
    Way("1 process, 1 thread", "cpu", 1, 1),
    Way("1 process, 2 threads", "cpu", 1, 2),
    Way("ddp, 2 processes, 1 thread each", "ddp", 2, 1),
    Way("fsdp, 2 processes, 1 thread each", "fsdp", 2, 1),
)
MODELS = {"mlp": 20, "small_cnn": 5}
"""How many epochs of 6,000 images each is trained."""


def speeds(way: Way, model: str) -> list[float]:
    """Images a second in each epoch that counts, as the log of a run says."""
    line = [
        *("datamodule.source=bundled", f"datamodule.batch_size={256 // way.processes}", f"model={model}"),
        *(f"trainer={way.trainer}", "trainer.accelerator=cpu", f"trainer.devices={way.processes}"),
        *(f"trainer.max_epochs={MODELS[model] + _WARM_UP}", "trainer.limit_val_batches=0", "stages=[fit]"),
        *("callbacks=[progress]", "logger=[]", "preflight=false", "hydra.run.dir=."),
    ]
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "OMP_NUM_THREADS": str(way.threads)}
        command = [sys.executable, str(_TRAIN), *line]
        subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)  # noqa: S603
        log = Path(directory, "train.log").read_text()
    return [float(speed) for epoch, speed in _SPEED.findall(log) if int(epoch) > _WARM_UP]


def main() -> None:
    """Print the images a second of each way, and the ratio to the first."""
    _say(f"{'':46}images/s   ratio")
    for model in MODELS:
        first = 0.0
        for way in WAYS:
            speed = median(speeds(way, model))
            first = first or speed
            _say(f"{way.name:34}{model:12}{speed:8.0f}   {speed / first:.2f}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
