"""What a Trainer is told by the environment that it starts in."""

import os


def num_nodes() -> int:
    """The number of machines that Slurm or torchrun has given this job; 1 elsewhere."""
    slurm = os.environ.get("SLURM_JOB_NUM_NODES") or os.environ.get("SLURM_NNODES")
    if slurm:
        return int(slurm)
    if "LOCAL_WORLD_SIZE" not in os.environ:
        return 1  # a process that Lightning has begun beside the first knows WORLD_SIZE alone
    return int(os.environ["WORLD_SIZE"]) // int(os.environ["LOCAL_WORLD_SIZE"])
