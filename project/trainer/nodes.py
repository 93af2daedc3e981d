"""What a Trainer is told by the environment that it starts in."""

import os


def num_nodes() -> int:
    """The number of machines that Slurm or torchrun has given this job; 1 elsewhere."""
    slurm = os.environ.get("SLURM_JOB_NUM_NODES") or os.environ.get("SLURM_NNODES")
    if slurm:
        return int(slurm)
    # torchrun sets both; Lightning gives the processes that it starts on one machine the first alone.
    local = os.environ.get("LOCAL_WORLD_SIZE")
    return int(os.environ.get("WORLD_SIZE", 1)) // int(local) if local else 1
