"""`sweep=DIRECTORY` on the command line: the sweep that is gone on with, or `sweep=new` for one that begins."""

from collections.abc import Collection, Sequence
from pathlib import Path

from omegaconf.errors import OmegaConfBaseException

from project.config.command import arguments
from project.config.job import APART
from project.config.quote import quoted
from project.config.root import SETTINGS
from project.config.written import read
from project.problem import ConfigError, Problem
from project.sweeps.record import NAME

_DIR = "hydra.sweep.dir="
_HOW = "hydra.", "hydra/"
"""What says how jobs are run, and not which."""
_NAMED = "hydra.sweep.dir", "hydra.mode"


def swept(argv: Sequence[str]) -> list[str]:
    """`argv` with `sweep=DIRECTORY` written out as `hydra.sweep.dir`, and as the sweep's own grid where there is none.

    Raises:
        ConfigError: it is no sweep's directory.
    """
    given = arguments(list(argv))
    named = [item for item in given.overrides if item.startswith("sweep=")]
    if not named:
        return list(argv)
    if len(named) > 1 or any(item.startswith(_DIR) for item in given.overrides):
        raise ConfigError([Problem("sweep", "a sweep has one directory", hint=f"Given: {', '.join(named)}")])
    directory = named[0].partition("=")[2]
    if directory == "new":
        instead = [f"{_DIR}{quoted(SETTINGS['sweep']['dir'])}"]
    else:
        others = {item.partition("=")[0].lstrip("+~") for item in given.overrides if item not in named}
        home = _sweep(Path(directory).expanduser())
        grid = any(other not in APART and not other.startswith(_HOW) for other in others)
        instead = [*([] if grid else _asked(home, others)), f"{_DIR}{quoted(str(home))}"]
    line = [word for item in argv for word in (instead if item in named else [item])]
    return line if given.multirun else ["-m", *line]


def _sweep(home: Path) -> Path:
    if (home / NAME).is_file():
        return home
    if not home.is_dir():
        raise ConfigError([Problem("sweep", f"there is no directory '{home}'", hint="sweep=new begins one.")])
    below = sorted(str(found.parent) for found in home.glob(f"**/{NAME}"))
    above = [str(folder) for folder in home.parents if (folder / NAME).is_file()]
    hint = f"Sweeps below it: {', '.join(below[-3:])}" if below else "sweep=new begins one."
    hint = f"It is a job's. Did you mean '{above[0]}'?" if above else hint
    raise ConfigError([Problem("sweep", f"{home} is no sweep's directory: it has no {NAME}", hint=hint)])


def _asked(home: Path, others: Collection[str]) -> list[str]:
    """What the sweep was last asked for, but for `others`, which are given anew."""
    try:
        asked = read(home / "multirun.yaml").hydra.overrides
        found = [str(item) for key in ("task", "hydra") for item in asked[key]]
    except (OSError, OmegaConfBaseException, AttributeError, TypeError) as error:
        what = f"{home / 'multirun.yaml'} does not say what was asked for: {error}"
        raise ConfigError([Problem("sweep", what)]) from error
    return [item for item in found if item.partition("=")[0] not in {*APART, *others, *_NAMED}]
