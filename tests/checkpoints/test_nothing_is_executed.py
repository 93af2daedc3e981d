"""Nothing that a run's directory holds is executed, at none of the doors through which a run is loaded."""

import io
import pickle
import sys
import tarfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import torch
from in_process import run
from lightning import Trainer

from project import load
from project.checkpoint import keep_whole
from project.config import ConfigError
from project.export import main as export

DOORS = "evaluate", "ckpt_path", "rerun", "load", "export", "lightning"


class Payload:
    """Runs code when it is unpickled by somebody careless."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return pickle.loads, (pickle.dumps(self.trace.touch),)


class Touch(Payload):
    """Does so at once."""

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


def beside_the_weights(file: Path, payload: Any) -> None:
    held = torch.load(file, weights_only=True)
    torch.save({**held, "payload": payload}, file)


def instead_of_its_records(file: Path, payload: Any) -> None:
    with ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(payload, 2))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")


def as_an_old_file(file: Path, payload: Any) -> None:
    torch.save({"state_dict": {}, "payload": payload}, file, _use_new_zipfile_serialization=False)


def as_a_pickle(file: Path, payload: Any) -> None:
    file.write_bytes(pickle.dumps(payload))


def as_a_tar(file: Path, payload: Any) -> None:
    with tarfile.open(file, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            content = pickle.dumps(payload)
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def opened(door: str, directory: Path, elsewhere: Path) -> None:
    best = directory / "checkpoints" / "best.ckpt"
    if door == "run":
        run(elsewhere, f"run={directory}", "trainer.max_epochs=3", "preflight=false")
    elif door == "evaluate":
        run(elsewhere, f"run={directory}", "stages=[test]", "preflight=false")
    elif door == "ckpt_path":
        run(elsewhere, f"ckpt_path={best}", "model=mlp", "model.hidden_dim=8")
    elif door == "rerun":
        run(elsewhere, f"rerun={directory}", f"ckpt_path={best}", "preflight=false")
    elif door == "load":
        load(directory)
    elif door == "export":
        export([str(directory), "--format", "pt2"])
    else:
        trainer = Trainer(logger=False)
        keep_whole(trainer, directory)
        trainer.strategy.load_checkpoint(best, weights_only=False)


Alter = Callable[[str, str], str]
Quick = Callable[[str, Any], bool]
HIDDEN = beside_the_weights, instead_of_its_records, as_an_old_file, as_a_pickle, as_a_tar
QUICK_DOORS = {"load", "lightning"}


def rows(*columns: Iterable[Any], quick: Quick) -> list[Any]:
    return [pytest.param(*row, marks=[] if quick(*row) else pytest.mark.long) for row in product(*columns)]


@pytest.mark.parametrize(
    ("door", "hidden"),
    rows(DOORS, HIDDEN, quick=lambda door, hidden: door in QUICK_DOORS),
)
def test_a_payload_is_refused(
    hidden: Callable[[Path, Any], None], door: str, damaged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "executed"
    for file in (damaged / "checkpoints").iterdir():
        hidden(file, Touch(trace))
    with pytest.raises((SystemExit, ValueError)) as ended:
        opened(door, damaged, tmp_path)
    assert "is not loaded" in f"{ended.value}{capsys.readouterr().err}"
    assert not trace.exists()


@pytest.mark.filterwarnings("always:(?s).*is not loaded")
def test_a_run_all_of_whose_checkpoints_are_payloads_begins_again(damaged: Path, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    for file in (damaged / "checkpoints").iterdir():
        beside_the_weights(file, Touch(trace))
    opened("run", damaged, tmp_path)
    assert "none is left to go on from" in (damaged / "train.log").read_text()
    assert (damaged / "checkpoints" / "last.ckpt.old").is_file()
    assert not trace.exists()


def test_the_payload_is_one(tmp_path: Path) -> None:
    torch.save(Touch(tmp_path / "executed"), tmp_path / "file")
    torch.load(tmp_path / "file", weights_only=False)
    assert (tmp_path / "executed").exists()


CONFIGS: dict[str, tuple[str, Alter]] = {
    "a target": ("config", lambda text, code: text.replace("project.model.mlp.MLP", code)),
    "a target that was chosen": ("overrides", lambda text, code: f"{text}- ++model._target_={code}\n"),
    "a target among the arguments": ("overrides", lambda text, code: f"{text}- ++model.x._target_={code}\n"),
    "a resolver": ("config", lambda text, code: text.replace("hidden_dim: 8", "hidden_dim: ${code:}")),
    "a search path": ("overrides", lambda text, code: f"{text}- hydra.searchpath=[pkg://malicious]\n"),
    "a launcher of a name": ("overrides", lambda text, code: f"{text}- hydra/launcher=malicious\n"),
    "a launcher": ("overrides", lambda text, code: f"{text}- ++hydra.launcher._target_={code}\n"),
    "a callback": ("overrides", lambda text, code: f"{text}- ++hydra.callbacks.x._target_={code}\n"),
    "a python object": ("config", lambda text, code: f"{text}x: !!python/object/apply:{code} []\n"),
    "a python object in the overrides": ("overrides", lambda text, code: f"{text}- !!python/object/apply:{code} []\n"),
    "a python object in Hydra's own": ("hydra", lambda text, code: f"{text}x: !!python/object/apply:{code} []\n"),
}


@pytest.mark.parametrize(
    ("door", "where"),
    rows(["run", "evaluate", "rerun", "load"], CONFIGS, quick=lambda door, where: door == "load" or "path" in where),
)
@pytest.mark.filterwarnings("ignore:.*is not available")
def test_no_code_is_run_from_a_config(
    where: str, door: str, damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace, package = tmp_path / "executed", tmp_path / "path" / "malicious"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"open({str(trace)!r}, 'w').close()\n\n\ndef code(*_, **__):\n    return 8\n")
    monkeypatch.setattr(sys, "path", [str(package.parent), *sys.path])
    monkeypatch.delitem(sys.modules, "malicious", raising=False)
    name, alter = CONFIGS[where]
    file = damaged / ".hydra" / f"{name}.yaml"
    before = file.read_text()
    file.write_text(alter(before, "malicious.code"))
    assert file.read_text() != before
    with suppress(SystemExit, ConfigError):  # refused, or left out of account
        opened(door, damaged, tmp_path)
    assert not trace.exists()
