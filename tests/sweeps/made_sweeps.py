"""Directories of sweeps as their jobs leave them, without the training."""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from project.sweeps.record import Asked, Record

STARTED, ENDED = "2026-11-23T18:54:45+00:00", "2026-11-23T19:10:00+00:00"
ELSEWHERE = "another-machine"
TRACEBACK = (
    'Traceback (most recent call last):\n  File "train.py", line 71, in main\n'
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x784 and 100x10)\n"
)


def asked(number: int, *overrides: str, mode: str = "max", monitor: str = "val/accuracy") -> Asked:
    """A job of a sweep, begun once."""
    return Asked(number, f"{number:064}", overrides, monitor, "min" if mode == "min" else "max", tries=1)


def record(*jobs: Asked, swept: Sequence[str] = ("model", "optimizer.lr"), ended: str | None = ENDED) -> Record:
    """Of a sweep that was run on another machine, so that it is as true today."""
    command = "train.py", "-m", "datamodule.source=bundled", "model=mlp,vit", "hydra/launcher=joblib"
    return Record(command, tuple(swept), STARTED, ended, ELSEWHERE, 7, jobs)


def begun(directory: Path, job: Asked, state: str = "running", error: str = "", traceback: str = "") -> Path:
    """A job that has begun, and ended in some state."""
    home = directory / job.directory
    hydra = home / ".hydra"
    hydra.mkdir(parents=True)  # JSON is YAML
    overrides = ["datamodule.source=bundled", *job.overrides]
    config = {"model": {"hidden_dim": 256}, "optimizer": {"lr": 0.001}, "monitor": job.monitor, "mode": job.mode}
    (hydra / "overrides.yaml").write_text(json.dumps(overrides))
    (hydra / "config.yaml").write_text(json.dumps(config))
    (hydra / "hydra.yaml").write_text(json.dumps({"hydra": {"runtime": {"choices": {"model": "mlp"}}}}))
    said = {
        "state": state,
        "started": STARTED,
        "ended": None if state == "running" else "2026-11-23T18:55:30+00:00",
        "error": error,
        "traceback": traceback,
        "hostname": ELSEWHERE,
        "pid": 7,
    }
    (home / "status.json").write_text(json.dumps(said))
    return home


def finished(
    directory: Path, job: Asked, value: float | None, curve: Sequence[float] = (), **test: float | None
) -> Path:
    """A job that has finished with a value, and with metrics on the test data."""
    home = begun(directory, job, "finished")
    results = {
        "monitor": job.monitor,
        "value": value,
        "checkpoint": "",
        "data": "bundled",
        "epochs": 3,
        "steps": 24,
        "validation": {},
        "test": {f"test/{name}": number for name, number in test.items()},
        "best_epoch": 3,
        "seconds": 12.25,
    }
    (home / "results.json").write_text(json.dumps(results))
    if curve:
        logged(home, {job.monitor: curve})
    return home


def failed(directory: Path, job: Asked) -> Path:
    """A job that was ended by an error."""
    *_, error = TRACEBACK.splitlines()
    return begun(directory, job, "failed", error, TRACEBACK)


def logged(home: Path, curves: Mapping[str, Sequence[float]]) -> None:
    """What a job has logged, a row a step."""
    with (home / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", *curves])
        writer.writerows([step, *row] for step, row in enumerate(zip(*curves.values(), strict=True)))


def small(directory: Path) -> Path:
    """A sweep of six jobs: two that differ in their seed, others that failed, were interrupted, and never begun."""
    jobs = [
        asked(0, "model=mlp", "optimizer.lr=0.001", "seed=1"),
        asked(1, "model=mlp", "optimizer.lr=0.001", "seed=2"),
        asked(2, "model=mlp", "optimizer.lr=0.1", "seed=1"),
        asked(3, "model=vit", "optimizer.lr=0.001", "seed=1"),
        asked(4, "model=vit", "optimizer.lr=0.1", "seed=1"),
        asked(5, "model=vit", "optimizer.lr=0.1", "seed=2"),
    ]
    record(*jobs, swept=("model", "optimizer.lr", "seed")).write(directory)
    finished(directory, jobs[0], 0.875, accuracy=0.86, loss=0.41)
    finished(directory, jobs[1], 0.88, accuracy=0.87, loss=0.4)
    failed(directory, jobs[2])
    finished(directory, jobs[3], 0.9025, accuracy=0.9, loss=0.3)
    begun(directory, jobs[4], "interrupted", "SIGTERM")
    return directory


def large(directory: Path, epochs: int = 30) -> Path:
    """A sweep of 72 jobs with curves, of which one in nine failed."""
    jobs = list(_grid())
    record(*jobs, swept=("model", "optimizer.lr", "model.hidden_dim", "seed")).write(directory)
    for job in jobs:
        if job.number % 9 == 5:
            failed(directory, job)
            continue
        model, rate, width, seed = (item.partition("=")[2] for item in job.overrides)
        top = {"mlp": 0.86, "vit": 0.88, "small_cnn": 0.91}[model] - 0.02 * (math.log10(float(rate)) + 2.2) ** 2
        top += 0.01 * math.log2(int(width) / 64) + 0.004 * math.sin(7 * int(seed) + job.number)
        rise = [top * (1 - 0.5 * math.exp(-epoch * float(rate) ** 0.4)) for epoch in range(epochs)]
        noise = [0.006 * math.sin(job.number + 3 * epoch) for epoch in range(epochs)]
        curve = [value + wiggle for value, wiggle in zip(rise, noise, strict=True)]
        home = finished(directory, job, max(curve), accuracy=max(curve) - 0.01, loss=1 - max(curve))
        logged(home, {"val/accuracy": curve, "train/loss": [2.3 * (1 - value) for value in rise]})
    return directory


def _grid() -> Iterator[Asked]:
    names = "model", "optimizer.lr", "model.hidden_dim", "seed"
    values = product(("mlp", "vit", "small_cnn"), ("0.0003", "0.001", "0.01", "0.1"), ("64", "128", "256"), ("1", "2"))
    for number, row in enumerate(values):
        yield replace(asked(number), overrides=tuple(f"{name}={value}" for name, value in zip(names, row, strict=True)))
