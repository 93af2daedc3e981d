"""`python train.py` as a user types it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from in_process import SMALL, run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = Path(__file__).parents[1]
QUICK = ("datamodule.source=bundled", "trainer.max_epochs=1", "trainer.accelerator=cpu")
FULL_DATA = Path("/usr/share/datasets/fashion-mnist")


def train(directory: Path, *overrides: str, threads: int = 1) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "train.py"), *overrides]
    environment = os.environ | {"PYTHONWARNINGS": "default", "OMP_NUM_THREADS": str(threads)}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)


def runs(directory: Path) -> list[Path]:
    return sorted(path.parent for path in directory.rglob("results.json"))


def results(run: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((run / "results.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The directory and the output of a run of one epoch on the bundled data."""
    directory = tmp_path_factory.mktemp("quick")
    done = train(directory, *QUICK, "model.beeg_factor=2", "optimizer=adamw", "optimizer.lr=2e-3")
    assert done.returncode == 0, done.stderr
    [run] = runs(directory)
    return run, done.stdout + done.stderr


def test_a_run_leaves_config_overrides_log_events_checkpoints_and_results(quick_run: tuple[Path, str]) -> None:
    run, _ = quick_run
    for name in (
        ".hydra/config.yaml",
        "train.log",
        "metrics.csv",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
        "pictures/test_confusion_matrix.png",
    ):
        assert (run / name).stat().st_size > 0
    assert "- optimizer.lr=2e-3" in (run / ".hydra" / "overrides.yaml").read_text()
    assert "beeg_factor: 2" in (run / ".hydra" / "config.yaml").read_text()


def test_the_results_say_what_came_out_and_from_which_data(quick_run: tuple[Path, str]) -> None:
    found = results(quick_run[0])
    assert found["data"] == "bundled subset: 6000 train + 1000 test images"
    assert (found["epochs"], found["steps"]) == (1, 86)
    test = found["test"]
    assert set(test) == {"test/loss", "test/accuracy", "test/f1"}
    assert 0.6 < test["test/accuracy"] < 0.95
    assert found["value"] == pytest.approx(found["validation"]["val/accuracy"])


def test_without_a_terminal_a_run_draws_its_config_says_a_line_an_epoch_and_where_everything_is(
    quick_run: tuple[Path, str],
) -> None:
    run, output = quick_run
    log = (run / "train.log").read_text()
    for text in (output, log):
        assert text.count("model: beeg_mlp (project.model.BeegYoshiMLP)") == 1
        assert "beeg_factor: 2  ← command line" in text
        assert len(re.findall(r"epoch 1/1  train/loss [\d.]+ .*val/accuracy [\d.]+ .* s  \(\d+ samples/s\)", text)) == 1
        assert f"directory          {run.relative_to(run.parents[2])}" in text
    assert "\r" not in output
    assert "\x1b" not in output
    assert output.count("parameters, ") == 2  # the preflight's line and the summary's


def test_the_curves_are_in_tensorboard(quick_run: tuple[Path, str]) -> None:
    events = EventAccumulator(str(quick_run[0]))
    events.Reload()
    tags = {str(tag) for tag in cast(list[Any], events.Tags()["scalars"])}
    assert {"train/loss", "train/accuracy", "val/loss", "val/accuracy", "val/f1", "test/f1"} <= tags
    assert any(tag.startswith("train/lr") for tag in tags)


def test_a_checkpoint_holds_nothing_but_tensors_and_primitives(quick_run: tuple[Path, str]) -> None:
    checkpoint = torch.load(quick_run[0] / "checkpoints" / "best.ckpt", weights_only=True)
    assert checkpoint["state_dict"]["model.layers.1.weight"].shape == (2 * 784, 784)


def test_a_sweep_gives_each_job_its_own_directory(tmp_path: Path) -> None:
    done = train(tmp_path, "-m", *QUICK, "trainer.limit_train_batches=2", "model.beeg_factor=1,3", threads=2)
    assert done.returncode == 0, done.stderr
    widths = [
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]["model.layers.1.weight"].shape[0]
        for run in runs(tmp_path)
    ]
    assert widths == [784, 3 * 784]
    told = [line.partition("  (")[0] for line in done.stdout.splitlines() if " finished in " in line]
    assert [line.rpartition(": ")[2] for line in told] == ["model.beeg_factor=1", "model.beeg_factor=3"]


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    quick = (*QUICK, "trainer.limit_train_batches=5", "seed=3")
    outcomes: list[dict[str, Any]] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert train(tmp_path / name, *quick, threads=2).returncode == 0
        [run] = runs(tmp_path / name)
        outcomes.append({key: value for key, value in results(run).items() if key not in {"checkpoint", "seconds"}})
    assert outcomes[0] == outcomes[1]


def test_a_run_takes_numbers_below_the_normal_ones_for_zero(tmp_path: Path) -> None:
    found: list[int] = []

    def look(*_: object) -> None:
        found.append(int((torch.full((64,), 1e-39) * 0.5).count_nonzero()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("project.loop.Loop.on_fit_start", look)
        run(tmp_path, *SMALL)
    assert found == [0]


def test_presets_stack_and_the_command_line_wins(tmp_path: Path) -> None:
    done = train(tmp_path, "experiment=[beeg,sgd]", "model.beeg_factor=3", "scheduler=none", "--cfg", "job")
    assert done.returncode == 0, done.stderr
    assert "_target_: project.optimizer.groups.SGD" in done.stdout
    assert "beeg_factor: 3" in done.stdout
    assert "_target_: project.scheduler.constant.Constant" in done.stdout


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        ("model.hiden_dim=3", "hiden_dim"),
        ("model=mlpp", "mlpp"),
        ("model.beeg_factor=big", "model.beeg_factor"),
        ("model.beeg_factor=0", "beeg_factor"),
        ("model._target_=torch.optim.Adam", "Adam"),
        ("callbacks.checkpoint.monitor=???", "callbacks.checkpoint.monitor"),
        ("datamodule.data_dir=${nowhere}", "nowhere"),
    ],
)
def test_a_wrong_override_is_explained_with_status_2_and_no_traceback(
    override: str, answer: str, tmp_path: Path
) -> None:
    done = train(tmp_path, *QUICK, override)
    assert done.returncode == 2, done.stderr
    assert answer in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        ("model.input_dim=100", "model.layers.1 (Linear)"),
        ("model.output_dim=7", "Target 9 is out of bounds"),
        ("callbacks.checkpoint.monitor=val/acc", "Did you mean 'val/accuracy'?"),
        ("loss.reduction=men", "men is not a valid value for reduction"),
        ("optimizer.betas=[1.5,0.9]", "Invalid beta parameter"),
    ],
)
def test_parts_that_do_not_fit_are_found_before_the_run(override: str, answer: str, tmp_path: Path) -> None:
    done = train(tmp_path, *QUICK, *override.split())
    assert done.returncode == 2, done.stderr
    assert answer in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_with_a_bad_point_launches_nothing(tmp_path: Path) -> None:
    done = train(tmp_path, "-m", *QUICK, "model.output_dim=10,3", "optimizer.lr=0.1,0.2")
    assert done.returncode == 2
    assert "in job 2 of 4" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_reports_what_the_run_would_take_and_trains_nothing(tmp_path: Path) -> None:
    done = train(tmp_path, "check=true")
    assert done.returncode == 0
    assert done.stderr.startswith("preflight: 623,290 parameters, 0.16 GFLOP a step, about 9.9 MiB")
    assert list(tmp_path.iterdir()) == []


def test_the_preflight_can_be_left_out(tmp_path: Path) -> None:
    done = train(tmp_path, "check=true", "preflight=false", "model.output_dim=3")
    assert (done.returncode, done.stderr) == (0, "")


def test_data_that_is_nowhere_is_explained_with_status_2(tmp_path: Path) -> None:
    done = train(tmp_path, "datamodule=mnist", "trainer.max_epochs=1")
    if done.returncode == 0:
        pytest.skip("MNIST can be downloaded here")
    assert done.returncode == 2
    assert "MNIST: the full dataset was not found" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
@pytest.mark.skipif(not FULL_DATA.is_dir(), reason="needs the whole Fashion-MNIST (Debian's dataset-fashion-mnist)")
def test_the_default_run_reaches_88_percent_in_10_epochs(tmp_path: Path) -> None:
    done = train(tmp_path, "trainer.accelerator=cpu", "datamodule.source=full")
    assert done.returncode == 0, done.stderr
    [run] = runs(tmp_path)
    test = results(run)["test"]
    assert test["test/accuracy"] >= 0.88
