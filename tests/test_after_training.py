"""What can be done with a run that has ended: other stages, predictions, and its module in a notebook."""

import csv
import json
import pickle
import shutil
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from in_process import QUICK, run

from project import load
from project.checkpoint import weights
from project.config import ConfigError
from project.export import Format, export

STAGES = "fit", "validate", "test", "predict"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trained")
    return run(directory, *QUICK, "model=mlp", "model.hidden_dim=8", "logger=[tensorboard]", "preflight=false")


def results(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "results.json").read_text())
    return found


def refusal(capsys: pytest.CaptureFixture[str], directory: Path, *overrides: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(directory, *overrides)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "stages",
    [chosen for length in (1, 2, 3) for chosen in permutations(STAGES[1:], length)],
    ids=lambda stages: "-".join(cast("tuple[str, ...]", stages)),
)
def test_any_stages_run_on_what_another_run_trained(stages: tuple[str, ...], trained: Path, tmp_path: Path) -> None:
    found = run(tmp_path, f"run={trained}", f"stages=[{','.join(stages)}]", "preflight=false")
    outcome = results(found)
    assert outcome["checkpoint"] == str(trained / "checkpoints" / "best.ckpt")
    assert bool(outcome["validation"]) == ("validate" in stages)
    assert bool(outcome["test"]) == ("test" in stages)
    assert (found / "predictions.csv").exists() == ("predict" in stages)


def test_a_run_tests_its_best_weights_and_predicts_with_them(tmp_path: Path) -> None:
    found = run(tmp_path, *QUICK, "stages=[fit,validate,test,predict]", "preflight=false")
    outcome = results(found)
    assert outcome["checkpoint"].endswith("best.ckpt")
    assert outcome["value"] == outcome["validation"]["val/accuracy"]
    assert len((found / "predictions.csv").read_text().splitlines()) == 1 + 2 * 64


def test_the_config_of_a_run_is_restored_and_overrides_win(trained: Path, tmp_path: Path) -> None:
    found = run(tmp_path, f"run={trained}", "stages=[test]", "datamodule.batch_size=32", "preflight=false")
    config = (found / ".hydra" / "config.yaml").read_text()
    assert "hidden_dim: 8" in config
    assert "batch_size: 32" in config


def test_a_catalogue_that_changed_meanwhile_changes_nothing_in_a_restored_run(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "copy")
    config = copy / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("eps: 1.0e-08", "eps: 1.0e-05"))
    found = run(tmp_path, f"run={copy}", "stages=[test]", "preflight=false")
    assert "eps: 1.0e-05" in (found / ".hydra" / "config.yaml").read_text()


def test_a_run_fitted_further_goes_on_in_its_own_directory(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "copy")
    found = run(tmp_path, f"run={copy}", "trainer.max_epochs=3", "preflight=false")
    assert found == copy
    assert (results(found)["epochs"], results(found)["steps"]) == (3, 12)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("run=nowhere",), "run: nowhere is no run's directory"),
        (("run={run}", "stages=[tset]"), "stages: ('tset',) is no tuple"),
        (("run={run}", "stages=[test]", "model=beeg_mlp"), "ckpt_path: does not fit: model.layers.1.bias: (8,)"),
        (("run={run}", "stages=[test]", "ckpt_path=x.ckpt"), "x.ckpt: there is no such checkpoint"),
        (("run={run}", "run={run}"), "run: a run is restored from one directory"),
        (("ckpt_path={run}/results.json",), "is not loaded"),
    ],
)
def test_what_cannot_be_restored_is_refused_before_anything_runs(
    overrides: tuple[str, ...], said: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(capsys, tmp_path, *(item.format(run=trained) for item in overrides), "preflight=true")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_predictions_are_a_table_of_class_confidence_and_outputs(suffix: str, trained: Path, tmp_path: Path) -> None:
    path = tmp_path / f"table.{suffix}"
    run(tmp_path, f"run={trained}", "stages=[predict]", f"callbacks.predictions.path={path}", "preflight=false")
    rows: list[dict[str, Any]]
    if suffix == "csv":
        rows = list(csv.DictReader(path.read_text().splitlines()))
    else:
        rows = import_module("pyarrow.parquet").read_table(path).to_pylist()
    assert [int(row["index"]) for row in rows] == list(range(128))
    assert set(rows[0]) == {"index", "predicted", "confidence", *(f"output_{k}" for k in range(10))}
    assert 0.1 < float(rows[0]["confidence"]) <= 1


def test_a_trained_module_is_loaded_from_its_run(trained: Path) -> None:
    loop = load(trained)
    state = weights(trained / "checkpoints" / "best.ckpt")
    assert not loop.training
    assert all(torch.equal(value, state[name]) for name, value in loop.state_dict().items())
    assert loop(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_a_checkpoint_with_a_pickled_payload_is_refused_unread(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "copy")
    torch.save({"state_dict": {}, "payload": Payload(tmp_path / "executed")}, copy / "checkpoints" / "best.ckpt")
    with pytest.raises(ValueError, match="more than tensors and primitives"):
        load(copy)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("size", [0, 100, -100])
def test_a_checkpoint_that_is_cut_short_is_named(size: int, trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "copy")
    file = copy / "checkpoints" / "best.ckpt"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"best\.ckpt is not loaded: it is not whole"):
        load(copy)


def test_a_stranger_in_a_run_directory_is_not_built(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "copy")
    config = copy / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("project.model.mlp.MLP", "os.system"))
    with pytest.raises(ConfigError, match=r"model\._target_: 'os.system' is no target of the catalogue"):
        load(copy)


@pytest.mark.long
@pytest.mark.parametrize("form", ["onnx", "pt2"])
def test_an_exported_model_computes_what_the_module_does(form: Format, trained: Path) -> None:
    path, difference = export(trained, form)
    assert path == trained / f"model.{form}"
    assert difference < 1e-5


class Payload:
    """Runs code when it is unpickled by somebody careless."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return pickle.loads, (pickle.dumps(self.trace.touch),)
