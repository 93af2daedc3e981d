"""What two runs' directories hold, against each other."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard, cast

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from project.config.guards import is_list, is_tuple

OF_THE_FILES = {"best_model_path", "last_model_path", "dirpath", "kth_best_model_path", "best_k_models", "loggers"}
"""What a checkpoint says of paths and of sizes of files, which two runs in two directories have not in common."""


def differences(one: Path, two: Path) -> list[str]:
    """In what two runs' directories differ: every value in the checkpoints, the table, the curves, the results."""
    found = list[str]()
    for name in ("last", "best"):
        files = [each / "checkpoints" / f"{name}.ckpt" for each in (one, two)]
        found += different(torch.load(files[0], weights_only=True), torch.load(files[1], weights_only=True), name)
    tables = [each / "metrics.csv" for each in (one, two)]
    if any(table.is_file() for table in tables):
        found += ["metrics.csv"] if tables[0].read_bytes() != tables[1].read_bytes() else []
    found += different(scalars(one), scalars(two), "scalars")
    found += different(pictures(one), pictures(two), "pictures")
    return found + different(results(one), results(two), "results")


def scalars(directory: Path) -> dict[str, list[tuple[int, float]]]:
    """By tag, the steps and values that TensorBoard reads."""
    events: Any = EventAccumulator(str(directory), size_guidance={"scalars": 0})
    events.Reload()
    tags = cast("list[str]", events.Tags()["scalars"])
    # Files are read by name, of which two that are begun within a second are in no order.
    return {tag: sorted((event.step, event.value) for event in events.Scalars(tag)) for tag in tags}


def pictures(directory: Path) -> dict[str, bytes]:
    """By name, the files."""
    return {path.name: path.read_bytes() for path in directory.glob("pictures/*")}


def results(directory: Path) -> dict[str, Any]:
    """The results but for the seconds and the directory."""
    text = (directory / "results.json").read_text()
    found: dict[str, Any] = json.loads(text.replace(str(directory), "RUN"))
    return {**found, "seconds": None}


def different(one: Any, two: Any, path: str) -> list[str]:
    """The places in which two nests of values differ."""
    if isinstance(one, Tensor) and isinstance(two, Tensor):
        return [] if one.dtype == two.dtype and one.shape == two.shape and _same_bits(one, two) else [path]
    if is_mapping(one) and is_mapping(two):
        keys = (one.keys() | two.keys()) - OF_THE_FILES
        alone = [f"{path}.{key} is in one alone" for key in keys if (key in one) != (key in two)]
        both = keys & one.keys() & two.keys()
        return alone + [place for key in both for place in different(one[key], two[key], f"{path}.{key}")]
    if is_list(one) or is_tuple(one):
        rows, others = [*one], [*two]
        pairs = zip(rows, others, strict=False)
        length = [] if len(rows) == len(others) else [f"{path} has {len(rows)} and {len(others)}"]
        return length + [place for key, pair in enumerate(pairs) for place in different(*pair, f"{path}.{key}")]
    same = not isinstance(one, Tensor) and not isinstance(two, Tensor) and (one == two or (one != one and two != two))
    return [] if same else [f"{path}: {one} and {two}"]


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is a dict, ordered or not."""
    return isinstance(value, Mapping)


def _same_bits(one: Tensor, two: Tensor) -> bool:
    return torch.equal(*(each.contiguous().view(-1).view(torch.uint8) for each in (one, two)))
