"""How a run ends: a user's mistake with its explanation and status 2, a failure of ours with its traceback."""

import os
import sys
from collections.abc import Callable

from hydra.errors import HydraException

from project.config.problem import ConfigError


def launch(main: Callable[[], object], /) -> None:
    """Call Hydra's decorated `main`, and end the process as the outcome demands."""
    # Hydra then raises what went wrong; by itself it prints a shortened traceback and exits with 1 whatever it was.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    try:
        main()
    except (ConfigError, HydraException, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
