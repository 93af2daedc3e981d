"""The default run, killed with -9 at forty moments and gone on with each time, ends as the run that was left alone."""

import random
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from compared import differences
from lives import Life, context

KILLS = 40
IN_SUCCESSION = 5
"""Kills that one run has to bear."""
LINE = (
    *("datamodule.source=bundled", "trainer.accelerator=cpu", "trainer.max_epochs=3", "trainer.limit_train_batches=12"),
    *("trainer.log_every_n_steps=2", "trainer.limit_val_batches=2", "trainer.limit_test_batches=2"),
    # Checkpoints of 7 MB between any two steps: a good part of a run is spent in writing them.
    *("callbacks.checkpoint.last_every_n_steps=1", "preflight=false", "resume=anyway"),
)


@pytest.mark.long
def test_forty_kills_change_no_bit(tmp_path: Path) -> None:
    """Held equal: every value in `last.ckpt` and `best.ckpt` (weights, moments, schedules, early stopping, metrics,
    progress) but paths and sizes of files, `metrics.csv` byte by byte, every scalar in TensorBoard's files, the
    pictures, and `results.json` but for the seconds.
    """
    server = context()
    alone = tmp_path / "alone"
    alone.mkdir()
    Life(server, alone, *LINE, "hydra.run.dir=run").end()
    again = tmp_path / "again"
    again.mkdir()
    seconds = Life(server, again, *LINE, "hydra.run.dir=run").end()
    assert differences(alone / "run", again / "run") == []

    moments = random.Random(0)  # noqa: S311
    done, number = 0, 0
    # One after another: processes that are begun in one thread and waited for in another may seem to have failed.
    while done < KILLS:
        directory = tmp_path / str(number)
        directory.mkdir()
        done += bear(server, directory, moments, seconds, min(IN_SUCCESSION, KILLS - done))
        number += 1
        assert differences(alone / "run", directory / "run") == []


def bear(server: ForkServerContext, directory: Path, moments: random.Random, seconds: float, kills: int) -> int:
    """Run, kill and resume until the run has borne so many kills or is through; how many it has borne."""
    for borne in range(kills):
        life = Life(server, directory, *LINE, "hydra.run.dir=run")
        at_a_write, moment, write = moments.random() < 0.5, moments.uniform(0.1, 1.2) * seconds, moments.randint(1, 60)
        checkpoints = directory / "run" / "checkpoints"
        if not (life.kill_at_a_write(checkpoints, write) if at_a_write else life.kill_after(moment)):
            life.end()
            return borne
    Life(server, directory, *LINE, "hydra.run.dir=run").end()
    return kills
