"""`python train.py` without a new process: seconds less a run, the same code from the command line on."""

import gc
import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra
from torch import set_flush_denormal

import train
from project.config.launch import launch
from project.rehearsal import rehearse

QUICK = (
    *("datamodule.source=bundled", "trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.limit_train_batches=4"),
    "trainer.log_every_n_steps=2",
    *("trainer.limit_val_batches=2", "trainer.limit_test_batches=2", "trainer.limit_predict_batches=2"),
)
"""Overrides of a run that takes a second."""
SMALL = *QUICK, "model=mlp", "model.hidden_dim=8", "logger=[]", "callbacks=[checkpoint]", "preflight=false"
"""Of one that only trains, tests and saves."""
_RUNS = count(1)


def run(directory: Path, *overrides: str) -> Path:
    """Run the command line in `directory`, and return the newest run's directory there.

    Raises:
        SystemExit: the command line ends with a status of its own.
    """
    with as_a_new_process(directory, overrides):
        launch(train.main, rehearse)
    return newest(directory)


def newest(directory: Path) -> Path:
    """The run that was begun last."""
    return max((path.parents[1] for path in directory.rglob(".hydra/config.yaml")), key=lambda path: path.name)


@contextmanager
def as_a_new_process(directory: Path, overrides: tuple[str, ...]) -> Generator[None]:
    """Within it, the command line, the working directory and the loggers are those of a process that begins."""
    handlers, level = logging.root.handlers[:], logging.root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        patch.setattr(sys, "argv", ["train.py", *overrides])
        patch.setenv("HYDRA_MAIN_MODULE", "__main__")  # as Hydra sees it in a script
        try:
            yield
        finally:
            GlobalHydra.instance().clear()
            for handler in logging.root.handlers:
                if handler not in handlers:
                    handler.close()
            logging.root.handlers, logging.root.level = handlers, level
            logging.captureWarnings(False)
            set_flush_denormal(False)
            if next(_RUNS) % 10 == 0:
                gc.collect()  # a run's parts hold its data in circles, and the collector counts objects, not bytes
