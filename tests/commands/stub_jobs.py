"""How often Hydra calls a job for each command line of stdin, or what it says instead; nothing is reviewed before."""

import json
import logging
import os
import shlex
import sys
import warnings
from pathlib import Path

import hydra
from command_tables import TRAIN
from omegaconf import DictConfig

from project.config.hydras import VERSION_BASE


def started(line: str) -> int | str:
    """The number of jobs that Hydra starts for `line`, each with a config that can be read."""
    calls = Path("calls.txt").absolute()
    calls.touch()

    @hydra.main(config_name="config", config_path=None, **VERSION_BASE)
    def job(config: DictConfig) -> None:
        with calls.open("a") as notes:  # from whichever process it is called in
            notes.write(f"{config.seed}\n")

    sys.argv = [str(TRAIN), *shlex.split(line)]
    try:
        job()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        logging.shutdown()
    return len(calls.read_text().split())


if __name__ == "__main__":
    os.environ["HYDRA_FULL_ERROR"] = "1"
    warnings.simplefilter("error")
    home, stdout = Path.cwd(), sys.stdout
    sys.stdout = sys.stderr
    found: dict[str, int | str] = {}
    for number, line in enumerate(sys.stdin.read().splitlines()):
        (home / str(number)).mkdir()  # or a sweep would go on with an earlier one
        os.chdir(home / str(number))
        found[line] = started(line)
    stdout.write(json.dumps(found) + "\n")
