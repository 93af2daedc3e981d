"""Collects predictions in two processes and prints what a picture is drawn of, as JSON."""

import json
from typing import Any

import torch
from torch import Tensor, distributed, multiprocessing

from project.callbacks.pictures.classes import Classes
from project.callbacks.pictures.top import Top


def collect(rank: int, address: str) -> None:
    """Ten examples on each rank: the even ones on the first, the odd ones on the second."""
    distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    numbers = torch.arange(rank, 20, 2)
    classes, top = Classes(3, 4), Top(3, "number")
    classes.update(torch.zeros(10, 1, 2, 2), torch.eye(3)[numbers % 3], (numbers + 1) % 3)
    top.update(numbers.float(), number=numbers)
    confusion: Any = classes.confusion.compute()
    worst: Tensor = top.compute()["score"]
    if rank == 0:
        print(json.dumps({"seen": int(confusion.sum()), "worst": [float(score) for score in worst]}))  # noqa: T201
    distributed.destroy_process_group()


if __name__ == "__main__":
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as directory:
        processes: Any = multiprocessing
        processes.spawn(collect, (Path(directory, "store").as_uri(),), nprocs=2)
