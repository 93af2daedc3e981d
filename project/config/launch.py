"""How a run starts and ends: nothing wrong is launched, and a user's mistake ends with its explanation and status 2."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from hydra.errors import HydraException

from project.config.answers import answered
from project.config.build import plain
from project.config.command import EXPLAINS, arguments, reviews
from project.config.guards import is_dict, is_list
from project.config.ranks import announce, followed, is_follower, together
from project.config.resumed import resumed
from project.config.saved import restored
from project.config.swept import swept
from project.problem import ConfigError, Problem

MISTAKES = ConfigError, HydraException, FileNotFoundError
UNWRITABLE = errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS
"""What a machine says that does not let a run write; it is no mistake in the config, and may be cured in between."""


class Rehearsal(NamedTuple):
    """What came of trying a composed config out: its problems, and a summary for people."""

    problems: tuple[Problem, ...]
    summary: str


Rehearse = Callable[[Any], Rehearsal]


def launch(main: Callable[[], object], rehearse: Rehearse, /) -> None:
    """Check and rehearse every job of the command line, call Hydra's decorated `main`, and end as the outcome demands.

    `run=DIRECTORY` and `rerun=DIRECTORY` stand for that run's config, `resume=true` for the directory of a run of the
    same config, and `sweep=DIRECTORY` for that sweep. With `check=true` on the command line it stops before `main`;
    with `preflight=false` nothing is rehearsed.
    """
    # Hydra then raises what went wrong; by itself it prints a shortened traceback and exits with 1 whatever it was.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    try:
        if answered(arguments(sys.argv[1:])):
            return
        announce(sys.argv)
        sys.argv[1:] = restored(swept(followed(sys.argv[1:])))
        # The first rank has rehearsed it, and says so.
        configs = refuse_wrong_jobs(sys.argv[1:], None if is_follower() else rehearse)
        sys.argv[1:] = together(resumed(sys.argv[1:], configs))
        if not any(config.get("check") for config in configs):
            main()
    except MISTAKES as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        # Of a library, it seldom says where.
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"{where}{error.strerror}\n")
        sys.exit(1)


def refuse_wrong_jobs(argv: list[str], rehearse: Rehearse | None = None) -> list[Any]:
    """Compose and check every job that `argv` asks for, a whole sweep before its first job, and rehearse what is right.

    Returns:
        The composed configs.

    Raises:
        ConfigError: with every problem of every job.
    """
    given = arguments(argv)
    if any(getattr(given, flag) for flag in EXPLAINS):
        return []
    todo, reviewed = reviews(given)
    found = [(problem, number) for number, (_, problems) in enumerate(reviewed) for problem in problems]
    sound = {
        number: config for number, (config, problems) in enumerate(reviewed) if config is not None and not problems
    }
    if rehearse is not None and not given.cfg and not found:  # what is wrong is said at once
        found += _rehearsed(sound, rehearse)
    if found:
        raise ConfigError(_said_once(found, todo))
    return list(sound.values())


def _rehearsed(configs: Mapping[int, Any], rehearse: Rehearse) -> list[tuple[Problem, int]]:
    """The problems of each job, of which those are rehearsed once that differ only in numbers of a kind."""
    numbers: dict[str, list[int]] = {}
    for number, config in configs.items():
        if config.get("preflight", True):
            numbers.setdefault(_shape(config), []).append(number)
    found: list[tuple[Problem, int]] = []
    said = {""}
    for alike in numbers.values():
        problems, summary = rehearse(configs[alike[0]])
        sys.stderr.write("" if summary in said else f"{summary}\n")
        said.add(summary)
        found += [(problem, number) for problem in problems for number in alike]
    return found


def _said_once(found: Iterable[tuple[Problem, int]], todo: Sequence[Sequence[str]]) -> list[Problem]:
    """Each problem once, with the first job that has it where not all have it."""
    numbers: dict[Problem, list[int]] = {}
    for problem, number in found:
        numbers.setdefault(problem, []).append(number)
    said: list[Problem] = []
    for problem, having in numbers.items():
        more = f" and {len(having) - 1} more" if having[1:] else ""
        job = f"in job {having[0]} of {len(todo)} ({' '.join(todo[having[0]])}){more}"
        hint = f"{problem.hint}\n{job}".strip() if len(set(having)) < len(todo) else problem.hint
        said.append(replace(problem, hint=hint))
    return said


def _shape(config: Any) -> str:
    """What configs have in common that are rehearsed once: all but the seed, and how large positive fractions are."""
    container = {key: value for key, value in plain(config).items() if key not in {"seed", "output_dir"}}
    return json.dumps(_coarse(container), sort_keys=True, default=str)


def _coarse(value: Any) -> Any:
    if is_dict(value):
        return {str(key): _coarse(item) for key, item in value.items() if key != "seed"}
    if is_list(value):
        return [_coarse(item) for item in value]
    # Constructors refuse what is negative, or 1 and above, and nothing in between.
    return f"float {value < 0} {not value} {value >= 1}" if isinstance(value, float) else value
