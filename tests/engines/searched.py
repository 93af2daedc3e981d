"""Jobs for a search: `python searched.py -m …` with Hydra's overrides; some raise, the others note that they ran."""

import json
import os
import time
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig

from configs import Config
from project.config.hydras import VERSION_BASE


@hydra.main(config_name="config", config_path=None, **VERSION_BASE)
def main(config: Config) -> float:
    """A value that is best near a seed of 700; every sixth trial raises."""
    home = Path(HydraConfig.get().runtime.output_dir)
    number, value = int(home.name), -abs(config.seed - 700.0)
    time.sleep(0.05)
    if number % 6 == 5:
        raise RuntimeError("planted")
    with Path(os.environ["TRIALS"]).open("a") as done:
        done.write(f"{number}\n")
    (home / "results.json").write_text(json.dumps({"value": value}))  # as a run leaves them
    return value


if __name__ == "__main__":
    main()
