"""The processes of one run, whoever starts them: each is told which job it is, and where that job writes.

The first rank starts the others, or torchrun and srun start all of them alike, each at a time of its own.
"""

import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from project.config.command import arguments
from project.config.job import overrides
from project.config.quote import quoted
from project.config.root import SETTINGS
from project.config.signature import locate

_JOB = "PROJECT_JOB_OF_RANK_0"
_LINE = "PROJECT_SCRIPT"


def announce(argv: Sequence[str]) -> None:
    """Note what has been called, for the processes of this machine in which a launcher runs jobs."""
    given = vars(arguments(list(argv[1:])))
    flags = [(f"--{name.replace('_', '-')}", given[name]) for name in ("config_dir", "config_path", "config_name")]
    words = [word for flag, value in flags if value for word in (flag, value)]
    os.environ[_LINE] = json.dumps([str(Path(argv[0]).absolute()), *words])


class Followers(NamedTuple):
    """How the other ranks of a job are started: their command line, its directory, and variables of its environment."""

    line: list[str]
    directory: str
    variables: dict[str, str]


def followers(directory: str) -> Followers:
    """Of the job that is running, and that writes to `directory`."""
    quiet = ["hydra.output_subdir=null", "hydra/job_logging=stdout", "hydra.mode=RUN"]
    job = json.dumps([*overrides(), f"hydra.run.dir={quoted(directory)}", *quiet])
    line = json.loads(os.environ.get(_LINE) or json.dumps(sys.argv))
    return Followers([sys.executable, *line], HydraConfig.get().runtime.cwd, {_JOB: job})


def is_follower() -> bool:
    """Whether this process is a rank of a run that another process reviews and tells of."""
    ranks = ("RANK", "SLURM_PROCID") if "LOCAL_RANK" not in os.environ or "RANK" in os.environ else ("LOCAL_RANK",)
    return any(int(os.environ.get(name, 0)) > 0 for name in ranks)


def followed(argv: Sequence[str]) -> list[str]:
    """The command line of the job whose first rank started this process; `argv` in any other."""
    if _JOB not in os.environ or not is_follower():
        return list(argv)
    return [*argv, *json.loads(os.environ[_JOB])]


def together(argv: Sequence[str]) -> list[str]:
    """`argv` with the directory on which the ranks agree that torchrun or srun has started, unless it names one."""
    multirun = arguments(list(argv)).multirun
    key, settings = ("hydra.sweep.dir", "sweep") if multirun else ("hydra.run.dir", "run")
    quiet = ["hydra.output_subdir=null", "hydra/job_logging=stdout"] if is_follower() else []
    named = any(item.startswith(f"{key}=") for item in argv)
    directory = "" if named or _JOB in os.environ else _agreed(settings)
    return [*argv, *([f"{key}={quoted(directory)}"] if directory else []), *(quiet if directory or named else [])]


def _agreed(settings: str) -> str:
    """The directory of a run whose ranks were started alike; empty where this process is alone."""
    if "TORCHELASTIC_RUN_ID" in os.environ and int(os.environ["WORLD_SIZE"]) > 1:
        host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        store = locate("torch.distributed.TCPStore")(host, port, is_master=False, timeout=timedelta(minutes=5))
        # A restart after a failure is a run of its own.
        key = f"directory of the run/{os.environ.get('TORCHELASTIC_RESTART_COUNT')}"
        if not is_follower():
            store.set(key, OmegaConf.create({"dir": SETTINGS[settings]["dir"]}).dir)
        return str(store.get(key).decode())
    if int(os.environ.get("SLURM_NTASKS", 1)) > 1 and "SLURM_STEP_ID" in os.environ:
        # A job that is requeued keeps its number, and so its directory.
        root = SETTINGS[settings]["dir"].partition("/")[0]
        return f"{root}/slurm-{os.environ['SLURM_JOB_ID']}/{os.environ['SLURM_STEP_ID']}"
    return ""
