"""What a Trainer is told by the environment that it starts in."""

import pytest

from project.trainer import num_nodes

VARIABLES = "SLURM_JOB_NUM_NODES", "SLURM_NNODES", "WORLD_SIZE", "LOCAL_WORLD_SIZE"


@pytest.mark.parametrize(
    ("environment", "nodes"),
    [
        ({}, 1),
        ({"SLURM_JOB_NUM_NODES": "2"}, 2),
        ({"SLURM_NNODES": "3"}, 3),
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}, 2),
        ({"WORLD_SIZE": "2"}, 1),
    ],
    ids=["alone", "Slurm", "Slurm's shorter name", "torchrun", "a process that Lightning has started"],
)
def test_the_number_of_machines_is_the_environments(
    environment: dict[str, str], nodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert num_nodes() == nodes
