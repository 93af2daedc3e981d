"""How often Hydra calls a job for each command line of stdin, or what it says instead; nothing is reviewed before."""

import json
import logging
import os
import shlex
import sys
import warnings

import hydra
from command_tables import TRAIN
from omegaconf import DictConfig

from project.config.hydras import VERSION_BASE


def started(line: str) -> int | str:
    """The number of jobs that Hydra starts for `line`, each with a config that can be read."""
    calls: list[int] = []

    @hydra.main(config_name="config", config_path=None, **VERSION_BASE)
    def job(config: DictConfig) -> None:
        calls.append(config.seed)

    sys.argv = [str(TRAIN), *shlex.split(line)]
    try:
        job()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        logging.shutdown()
    return len(calls)


if __name__ == "__main__":
    os.environ["HYDRA_FULL_ERROR"] = "1"
    warnings.simplefilter("error")
    home, stdout = os.getcwd(), sys.stdout  # noqa: PTH109
    sys.stdout = sys.stderr
    found: dict[str, int | str] = {}
    for line in sys.stdin.read().splitlines():
        os.chdir(home)
        found[line] = started(line)
    stdout.write(json.dumps(found) + "\n")
