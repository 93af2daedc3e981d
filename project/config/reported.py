"""What a search says: of each trial when it has ended, and at its end what was best."""

import logging
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from project.config.trials import Outcome, Trial
from project.study import state

_LOG = "search.log"
"""All of it, in the sweep's directory."""
_STATES = {"PRUNED": "pruned", "FAIL": "failed"}

log = logging.getLogger("project.config.search")


@contextmanager
def telling(directory: Path, *, here: bool = True) -> Generator[None]:
    """Keep what the search says, and show it `here`, however jobs in this process set up logging for themselves."""
    handlers: list[logging.Handler] = [
        logging.FileHandler(directory / _LOG),
        *([logging.StreamHandler(sys.stdout)] if here else []),
    ]
    handlers[0].setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    level, log.propagate = log.level, False
    log.setLevel(logging.INFO)
    log.handlers += handlers
    try:
        yield
    finally:
        log.propagate = True
        log.setLevel(level)
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


def tell(study: Any, trial: Trial, ended: Outcome, objectives: Sequence[str]) -> None:
    """Say what came of a trial."""
    if ended.values is None:
        say = log.info if ended.state == "PRUNED" else log.error
        say("trial %d %s: %s", trial.number, _STATES[ended.state], ended.reason)
    elif len(ended.values) > 1:
        log.info("trial %d: %s", trial.number, _said(ended.values, objectives))
    else:
        best = study.best_trial
        log.info("trial %d: %.6g (best %.6g of trial %d)", trial.number, *ended.values, best.value, best.number)


def report(study: Any, objectives: Sequence[str]) -> None:
    """Say what was best: of several objectives, the Pareto front, whose trials no other beats in all of them.

    Raises:
        SystemExit: with status 1 where no trial has a value.
    """
    counts = {name: len(study.get_trials(states=(state(name),))) for name in ("COMPLETE", "PRUNED", "FAIL")}
    every = len(study.trials)
    for trial in study.best_trials if counts["COMPLETE"] else ():
        what = "best" if len(trial.values) == 1 else "Pareto front"
        values, drawn = _said(trial.values, objectives), " ".join(Trial(trial.number, trial.params).overrides)
        log.info("%s of %d trials: trial %d: %s, %s", what, every, trial.number, values, drawn)
    if counts["PRUNED"]:
        log.info("%d of %d trials were pruned", counts["PRUNED"], every)
    if counts["FAIL"]:
        log.warning("%d of %d trials failed", counts["FAIL"], every)
    if not counts["COMPLETE"]:
        raise SystemExit(1)


def _said(values: Sequence[float], objectives: Sequence[str]) -> str:
    names = objectives if len(values) > 1 else ("",)
    return ", ".join(f"{name} {value:.6g}".strip() for name, value in zip(names, values, strict=True))
