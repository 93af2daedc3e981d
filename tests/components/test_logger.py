"""What loggers write of a run, where, and when they refuse to."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize
from lightning import LightningModule, Trainer
from lightning.pytorch.loggers import Logger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_END_INFO_TAG, SESSION_START_INFO_TAG
from torch import Tensor, nn, zeros
from torch.optim import SGD
from torch.utils.data import DataLoader, Dataset

import configs
from project.config import ConfigError, hyperparameters
from project.config.launch import refuse_wrong_jobs
from project.logger import MLFlowLogger, TensorBoardLogger, WandbLogger, recording
from project.logger.run_name import run_name

assert configs  # its import fills Hydra's store

FOUND: dict[str, bool | int | float | str] = {"model": "mlp", "optimizer.lr": 0.5, "optimizer.nesterov": True}


class Nothing(LightningModule):
    """Logs a number, and may fail."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.layer, self.fails = nn.Linear(1, 1), fails

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        if self.fails:
            raise RuntimeError("on purpose")
        self.log("train/loss", 0.25, on_step=False, on_epoch=True)
        loss: Tensor = self.layer(batch).sum()
        return loss

    def test_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("test/loss", 0.125)

    def configure_optimizers(self) -> SGD:
        return SGD(self.parameters(), 0.1)


def run(logger: Logger, directory: Path, *, fails: bool = False) -> None:
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=1,
        default_root_dir=directory,
        logger=logger,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    examples: Any = zeros(4, 1)
    batches: DataLoader[Dataset[Tensor]] = DataLoader(examples)
    loop = Nothing(fails)
    with recording([logger], FOUND):
        trainer.fit(loop, batches)
        trainer.test(loop, batches, verbose=False)


pytestmark = [
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),  # Lightning 2.6 on torch 2.14
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def answer(line: str) -> str:
    """What is said of a wrong command line."""
    with pytest.raises(ConfigError) as caught:
        refuse_wrong_jobs(line.split())
    return str(caught.value)


def board(directory: Path) -> Any:
    events: Any = EventAccumulator(str(directory))
    events.Reload()
    return events


def test_tensorboard_has_the_scalars_of_all_stages_and_none_of_the_epoch(tmp_path: Path) -> None:
    run(TensorBoardLogger(str(tmp_path / "run")), tmp_path)
    tags = board(tmp_path / "run").Tags()["scalars"]
    assert set(tags) == {"train/loss", "test/loss"}
    assert not list(tmp_path.rglob("hparams.yaml"))


def test_tensorboard_has_the_hyperparameters_and_leaves_the_list_of_them_to_the_page(tmp_path: Path) -> None:
    run(TensorBoardLogger(str(tmp_path / "run")), tmp_path)
    written = board(tmp_path / "run").summary_metadata
    page: Any = metadata
    start = page.parse_session_start_info_plugin_data(written[SESSION_START_INFO_TAG].plugin_data.content)
    assert start.hparams["model"].string_value == "mlp"
    assert start.hparams["optimizer.lr"].number_value == 0.5
    assert SESSION_END_INFO_TAG in written
    assert EXPERIMENT_TAG not in written


def test_tensorboard_knows_a_run_that_failed_by_its_lack_of_an_end(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        run(TensorBoardLogger(str(tmp_path / "run")), tmp_path, fails=True)
    written = board(tmp_path / "run").summary_metadata
    assert SESSION_START_INFO_TAG in written
    assert SESSION_END_INFO_TAG not in written


def test_mlflow_keeps_all_runs_in_one_database(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    run(MLFlowLogger(str(tmp_path / "first")), tmp_path)
    with pytest.raises(RuntimeError, match="on purpose"):
        run(MLFlowLogger(str(tmp_path / "second")), tmp_path, fails=True)
    with sqlite3.connect(tmp_path / "outputs" / "mlflow.db") as database:
        runs = database.execute("select name, status from runs order by start_time").fetchall()
        values = dict(database.execute("select key, value from params").fetchall())
        metrics = {key for (key,) in database.execute("select key from latest_metrics").fetchall()}
    database.close()
    assert runs == [("first", "FINISHED"), ("second", "FAILED")]
    assert values == {"model": "mlp", "optimizer.lr": "0.5", "optimizer.nesterov": "True"}
    assert {"train/loss", "test/loss"} <= metrics
    # Beside it, the id of each run, for whoever goes on with it.
    kept = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert kept == {"outputs/mlflow.db", "first/.mlflow_id", "second/.mlflow_id"}


def test_wandb_writes_offline_into_the_runs_directory_and_starts_each_run_anew(tmp_path: Path) -> None:
    wandb = pytest.importorskip("wandb")
    for name in ("first", "second"):
        logger = WandbLogger(str(tmp_path / name))
        run(logger, tmp_path)
        assert len(list((tmp_path / name / "wandb").glob("offline-run-*/*.wandb"))) == 1
    assert wandb.run is None
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}


@pytest.mark.usefixtures("nothing_checked")
@pytest.mark.parametrize(("option", "name"), [("wandb", "WandbLogger"), ("mlflow", "MLFlowLogger")])
def test_a_logger_whose_package_is_missing_is_refused_before_anything_starts(
    option: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, option, None)
    said = f"{name} needs the package '{option}', which is not installed: pip install 'project[{option}]'"
    for line in (f"logger=[{option}]", f"-m logger=[csv],[csv,{option}]"):
        assert f"logger.{option}: {said}" in answer(line)


@pytest.mark.usefixtures("nothing_checked")
def test_a_folder_that_bears_the_name_of_a_package_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "absent").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(WandbLogger, "requires", {"absent": "project[absent]"})
    assert "needs the package 'absent'" in answer("logger=[wandb]")


def test_a_run_is_called_after_its_directory_and_a_job_after_its_sweep_too() -> None:
    assert run_name("outputs/2026-01-02/03-04-05") == "03-04-05"
    assert run_name("multirun/2026-01-02/03-04-05/7") == "03-04-05/7"


@pytest.fixture
def _hydra() -> Iterator[None]:
    with initialize(version_base=None, config_path=None):
        yield


def compared(*overrides: str) -> dict[str, Any]:
    return dict(hyperparameters(compose("config", overrides=["output_dir=outputs", *overrides])))


@pytest.mark.usefixtures("_hydra")
def test_hyperparameters_are_the_options_and_what_their_entries_say() -> None:
    found = compared()
    assert found["model.beeg_factor"] == 1
    assert found["optimizer.lr"] == 1e-3
    assert found["trainer.max_epochs"] == 10
    assert not [key for key in found if key.startswith(("logger", "metrics", "callbacks", "output", "seed", "monitor"))]
    assert not {"model.input_dim", "optimizer.eps", "loop.model", "trainer.accelerator"} & found.keys()


@pytest.mark.usefixtures("_hydra")
def test_what_differs_from_a_default_is_a_hyperparameter_too() -> None:
    found = compared(
        "optimizer.betas=[0.8,0.9]", "callbacks.early_stopping.patience=2", "seed=3", "callbacks.pictures.mistakes=16"
    )
    usual = compared()
    changed = {key: value for key, value in found.items() if usual.get(key) != value}
    assert changed == {"optimizer.betas": "[0.8, 0.9]", "callbacks.early_stopping.patience": 2, "seed": 3}


@pytest.mark.usefixtures("_hydra")
def test_other_options_of_many_are_a_hyperparameter() -> None:
    assert compared("callbacks=[checkpoint]")["callbacks"] == "checkpoint"
    assert "callbacks" not in compared()
