"""The study of a search, a SQLite file of Optuna's, and how a trial knows of it: `trial.json` in its directory.

Optuna is imported where there is a search, and by nothing else.
"""

import json
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from project.whole import write_whole

NAME = "search"
"""Of the one study in the file."""
TRIAL = "trial.json"

Pruner = Literal["none", "median", "hyperband", "successive_halving"]
PRUNERS: dict[Pruner, str] = {
    "none": "NopPruner",
    "median": "MedianPruner",
    "hyperband": "HyperbandPruner",
    "successive_halving": "SuccessiveHalvingPruner",
}


@dataclass(frozen=True)
class Place:
    """Where a trial reports to.

    Args:
        study: the absolute path of the file.
        number: of the trial.
        pruner: what decides whether it is given up.
    """

    study: str
    number: int
    pruner: Pruner

    def write(self, directory: Path) -> None:
        """Write it whole or not at all."""
        write_whole(directory / TRIAL, f"{json.dumps(asdict(self))}\n")

    @classmethod
    def read(cls, directory: Path) -> "Place | None":
        """What the directory of a run says of its trial; None of a run that is none."""
        file = directory / TRIAL
        return cls(**json.loads(file.read_text())) if file.is_file() else None


def storage(study: str | Path) -> Any:
    """The file, through which processes wait for one another."""
    optuna: Any = import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = Path(study).absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    return optuna.storages.RDBStorage(f"sqlite:///{file}", engine_kwargs={"connect_args": {"timeout": 60}})


def pruner(name: Pruner) -> Any:
    """Optuna's pruner of that name, with its defaults."""
    return getattr(import_module("optuna.pruners"), PRUNERS[name])()


def hopeless(place: Place, step: int, value: float) -> bool:
    """Report what a trial has reached at a step; whether it is to be given up.

    A step that was reported before is not reported again, and decides nothing: a trial that goes on from a checkpoint
    comes by it a second time.
    """
    optuna: Any = import_module("optuna")
    kept = storage(place.study)
    study = optuna.load_study(
        study_name=NAME, storage=kept, sampler=optuna.samplers.RandomSampler(), pruner=pruner(place.pruner)
    )
    trial = optuna.trial.Trial(study, kept.get_trial_id_from_study_id_trial_number(study._study_id, place.number))
    known = study.trials[place.number]
    if known.state.is_finished() or (known.last_step is not None and step <= known.last_step):
        return False
    trial.report(value, step)
    return bool(trial.should_prune())


def settle(study: Any) -> set[int]:
    """Tell of trials that wait to be measured what their points have given before; the numbers of these."""
    trials = study.get_trials(states=tuple(map(state, ("COMPLETE", "PRUNED", "RUNNING"))))
    known = {point(trial): trial for trial in trials if trial.state.is_finished()}
    again = [trial for trial in trials if not trial.state.is_finished() and trial.params and point(trial) in known]
    for trial in again:
        done = known[point(trial)]
        study.tell(trial.number, done.values if done.state == state("COMPLETE") else None, state=done.state)
    return {trial.number for trial in again}


def point(trial: Any) -> tuple[tuple[str, Any], ...]:
    """What was drawn for a trial, to be compared."""
    return tuple(sorted(trial.params.items()))


def state(name: str) -> Any:
    """Optuna's state of a trial."""
    return getattr(import_module("optuna.trial").TrialState, name)
