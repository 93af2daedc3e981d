"""The warm table is faithful: `python train.py LINE` says the same, ends with status 2, and leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command_tables import answer, typed

QUICK = (
    "model.beeg_facto=3 seeed=1 optimizer.lr=fast",
    "-m preflight=false model=mlp,mlpp mode=max,maximum",
    "+metrics.accuracy.avrage=macro 'model.input_dim=${nowhere}'",
)
LONG = (
    "callbacks=[checkpoint,early_stoping] debug=fst",
    "'monitor=\"val/loss'",
    "datamodule.source=ful trainer.precision=16-mixd",
    "callbacks.checkpoint.monitor=???",
    "model._target_=os.system '+model._args_=[true]'",
    "hydra.run.dirr=x hydra/launcher=joblib",
    "+hydra.callbacks.x._target_=os.system",
    "loss._target_=project.model.mlp.MLP",
    "--experimental-rerun job.pickle",
    "-cn nothing",
    "trainer=gpu optimizer.betas=[0.9]",
)


def as_expected(lines: tuple[str, ...], directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare every line, typed two at a time, with what the warm table hears."""
    places = [directory / str(number) for number in range(len(lines))]
    for place in places:
        place.mkdir()
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(typed, lines, places))
    monkeypatch.chdir(directory)
    for line, done, place in zip(lines, outcomes, places, strict=True):
        assert done.stderr == f"{answer(line)}\n", line
        assert (done.returncode, done.stdout) == (2, ""), line
        assert not list(place.iterdir()), line


def test_a_typed_line_is_answered_as_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_expected(QUICK, tmp_path, monkeypatch)


@pytest.mark.long
def test_more_typed_lines_are_answered_as_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_expected(LONG, tmp_path, monkeypatch)


@pytest.mark.long
def test_a_flag_that_is_none_ends_with_status_2(tmp_path: Path) -> None:
    done = typed("--seed=3", tmp_path)
    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert not list(tmp_path.iterdir())
