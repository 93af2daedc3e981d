"""How a run starts and ends: nothing wrong is launched, and a user's mistake ends with its explanation and status 2."""

import os
import sys
from collections.abc import Callable, Iterable

from hydra.errors import HydraException

from project.config.command import EXPLAINS, arguments, jobs, review, unreadable
from project.config.problem import ConfigError, Problem

MISTAKES = ConfigError, HydraException, FileNotFoundError


def launch(main: Callable[[], object], /) -> None:
    """Check every job of the command line, then call Hydra's decorated `main`, and end as the outcome demands."""
    # Hydra then raises what went wrong; by itself it prints a shortened traceback and exits with 1 whatever it was.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    try:
        refuse_wrong_jobs(sys.argv[1:])
        main()
    except MISTAKES as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def refuse_wrong_jobs(argv: list[str]) -> None:
    """Compose and check every job that `argv` asks for, a whole sweep before its first job.

    Raises:
        ConfigError: with every problem of every job.
    """
    given = arguments(argv)
    if any(getattr(given, flag) for flag in EXPLAINS):
        return
    found = unreadable(given) or [problem for job in jobs(given) for problem in review(given, job)[1]]
    if found:
        raise ConfigError(unique(found))


def unique(found: Iterable[Problem]) -> list[Problem]:
    """Each problem once, however many jobs have it."""
    return list({str(problem): problem for problem in found}.values())
