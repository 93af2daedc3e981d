"""Command lines of the pages, tried in the copy of the repository that is the working directory.

From stdin: `review`, lines to be reviewed beside the directory of a trained run; `train`, lines to be trained on few
batches; `execute`, Python that stands alone. To stdout: what is wrong with each.
"""

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from in_process import QUICK, SMALL, run
from pages import RUN, SWEEP

from project.config import ConfigError
from project.config.answers import answered
from project.config.command import arguments
from project.config.launch import refuse_wrong_jobs
from project.config.saved import restored
from project.config.swept import swept


def review(line: str) -> None:
    argv = shlex.split(line)
    if not answered(arguments(argv)):
        refuse_wrong_jobs(restored(swept(argv)))


def train(line: str) -> None:
    source, *rest = QUICK  # which is that of Fashion-MNIST
    few = () if "callbacks=" in line or "experiment=" in line else ("callbacks=[checkpoint]",)
    run(Path(), *shlex.split(line), *few, *(rest if "datamodule=halves" in line else [source, *rest]))


def execute(text: str) -> None:
    exec(text, {})  # noqa: S102


def answer(attempt: Callable[[str], None], line: str) -> str:
    try:
        attempt(line)
    except (ConfigError, SystemExit, AssertionError) as error:
        return repr(error) if not str(error) or isinstance(error, SystemExit) else str(error)
    return ""


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        if "review" in asked:
            run(Path(), *QUICK, "preflight=false", "callbacks=[checkpoint,predictions]", f"hydra.run.dir={RUN}")
            run(Path(), "-m", *SMALL, "optimizer.lr=1e-3,1e-2", f"hydra.sweep.dir={SWEEP}")
        attempts = review, train, execute
        said = {line: answer(each, line) for each in attempts for line in asked.get(each.__name__, ())}
    sys.stdout.write(json.dumps(said) + "\n")
