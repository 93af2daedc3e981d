"""What a run records of itself, and the same run again."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from in_process import QUICK, run
from omegaconf import OmegaConf

from project.config.job import identity
from project.provenance import masked, outcome
from project.provenance.checkout import checkout
from project.provenance.compare import code_changes, differences

SMALL = (*QUICK, "model=mlp", "model.hidden_dim=8", "logger=[tensorboard]", "callbacks=[checkpoint]", "preflight=false")
SECRET = "hunter2-not-to-be-written"  # noqa: S105


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run in whose environment there is a secret, which its config asks for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_TOKEN", SECRET)
        asks = "datamodule.data_dir=${oc.env:DATA_TOKEN}"
        return run(tmp_path_factory.mktemp("recorded"), *SMALL, asks)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_TOKEN", "another")


def provenance(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "provenance.json").read_text())
    return found


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Where a repeated run is begun, which holds no other."""
    directory = tmp_path / "new"
    directory.mkdir()
    return directory


def altered(directory: Path, copy: Path, **sections: Mapping[str, Any] | str) -> Path:
    """A copy of a run whose record says otherwise."""
    shutil.copytree(directory, copy)
    record = provenance(copy)
    for name, section in sections.items():
        record[name] = record[name] | section if isinstance(section, Mapping) else section
    (copy / "provenance.json").write_text(json.dumps(record))
    return copy


def log(directory: Path) -> str:
    return (directory / "train.log").read_text()


def refusal(capsys: pytest.CaptureFixture[str], directory: Path, *overrides: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(directory, *overrides)
    assert ended.value.code == 2
    return capsys.readouterr().err


def git(directory: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    command = ["git", "-C", str(directory), *settings, *arguments]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(command, env=kept, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit, with a remote whose address holds a token."""
    git(tmp_path, "init")
    (tmp_path / "model.py").write_text("width = 1\n")
    git(tmp_path, "add", "model.py")
    git(tmp_path, "commit", "-m", "Begin")
    git(tmp_path, "remote", "add", "origin", f"https://me:{SECRET}@example.org/r.git?key={SECRET}")
    return tmp_path


def test_a_run_records_what_it_is_made_of(recorded: Path) -> None:
    record = provenance(recorded)
    assert record["overrides"] == [*SMALL, "datamodule.data_dir=${oc.env:DATA_TOKEN}"]
    assert record["command"] == ["train.py", *record["overrides"]]
    assert record["packages"].keys() >= {"torch", "lightning", "hydra-core", "pyyaml"}
    assert record["data"]["source"] == "bundled subset: 6000 train + 1000 test images"
    assert record["data"]["checksums"].keys() == {"train", "val", "test"}
    assert record["hardware"]["cores"] >= 1
    assert record["numerics"]["threads"] >= 1
    assert record["seed"] == 1590258941
    assert record["started"].endswith("+00:00")
    assert record["before"] == []


def test_no_file_of_a_run_holds_a_secret_of_the_environment(recorded: Path) -> None:
    assert "${oc.env:DATA_TOKEN}" in (recorded / ".hydra" / "config.yaml").read_text()
    files = [path for path in recorded.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_record_is_there_before_the_data_is(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run(tmp_path, *SMALL, "datamodule.val_size=9999")
    [file] = tmp_path.rglob("provenance.json")
    assert provenance(file.parent)["data"] == {}


def test_a_run_that_goes_on_keeps_the_record_of_its_start(recorded: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(recorded, tmp_path / "copy")
    run(tmp_path, f"run={copy}", "trainer.max_epochs=2")
    record = provenance(copy)
    assert [start["identity"] for start in record["before"]] == [provenance(recorded)["identity"]]
    assert record["identity"] != provenance(recorded)["identity"]


def test_a_repeated_run_gives_the_same_results_in_a_new_directory(recorded: Path, tmp_path: Path) -> None:
    again = run(tmp_path, f"rerun={recorded}")
    assert again.is_relative_to(tmp_path)
    assert provenance(again)["rerun"] == str(recorded)
    assert provenance(again)["identity"] == provenance(recorded)["identity"]
    assert f"results of {recorded}: repeated bitwise" in log(again)
    assert f"since {recorded}" not in log(again)


def test_a_repeated_run_says_what_differs_today(recorded: Path, tmp_path: Path, new: Path) -> None:
    then = altered(
        recorded,
        tmp_path / "then",
        code={"commit": "0123456789abcdef", "diff_sha256": "0"},
        packages={"torch": "1.13.0", "gone": "1.0"},
        hardware={"gpus": ["NVIDIA H100"]},
        data={"checksums": {"train": "0"}},
    )
    said = log(run(new, f"rerun={then}", "stages=[fit]"))
    assert "code: commit 0123456789ab -> " in said
    assert "hardware: gpus ['NVIDIA H100'] -> none" in said
    assert "packages: gone 1.0 -> none, torch 1.13.0 -> " in said
    assert "data: other train data than recorded" in said
    assert "config: not the recorded one" in said


def test_a_repeated_run_keeps_what_the_catalogue_then_said_and_overrides_win(
    recorded: Path, tmp_path: Path, new: Path
) -> None:
    then = altered(recorded, tmp_path / "then")
    config = then / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("eps: 1.0e-08", "eps: 1.0e-05"))
    again = run(new, f"rerun={then}", "seed=7")
    composed = (again / ".hydra" / "config.yaml").read_text()
    assert "eps: 1.0e-05" in composed
    assert "seed: 7" in composed
    assert "hidden_dim: 8" in composed
    assert "test/loss: " in log(again).partition("values are not the recorded ones")[2]


def test_a_run_that_was_continued_is_repeated_from_scratch(recorded: Path, tmp_path: Path, new: Path) -> None:
    copy = shutil.copytree(recorded, tmp_path / "copy")
    run(tmp_path, f"run={copy}", "trainer.max_epochs=2")
    again = run(new, f"rerun={copy}", "trainer.max_epochs=1")
    assert "ckpt_path: null" in (again / ".hydra" / "config.yaml").read_text()
    assert "that run was continued" in log(again)
    assert json.loads((again / "results.json").read_text())["steps"] == 4


@pytest.mark.parametrize("overrides", [("run={0}", "rerun={0}"), ("rerun={0}", "rerun={0}")])
def test_a_run_is_not_restored_twice(
    overrides: tuple[str, ...], recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(capsys, tmp_path, *(item.format(recorded) for item in overrides))
    assert said.startswith("run: a run is restored from one directory, to go on (run=) or to be repeated (rerun=)")


def test_what_is_no_run_cannot_be_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere is no run's directory" in refusal(capsys, tmp_path, "rerun=nowhere")


def test_a_run_without_record_or_results_is_repeated_all_the_same(recorded: Path, tmp_path: Path, new: Path) -> None:
    then = shutil.copytree(recorded, tmp_path / "then")
    (then / "provenance.json").unlink()
    (then / "results.json").unlink()
    said = log(run(new, f"rerun={then}"))
    assert "no provenance was recorded there" in said
    assert "there are none to compare with" in said


CONFIG = {"model": {"width": 3, "lr": 1e-3}, "path": "${output_dir}/x", "seed": 1, "output_dir": "a", "check": False}


def test_the_identity_of_a_config_is_fixed() -> None:
    assert identity(OmegaConf.create(CONFIG)) == "5d9a0fd637ec47e1241980dd3e8c2e85690c3638ded08dcb1be5e821abffc9fa"


def test_a_config_is_the_same_job_wherever_it_writes_and_in_whichever_order() -> None:
    backwards = dict(reversed([*CONFIG.items()])) | {"output_dir": "b", "check": True, "rerun": "c"}
    assert identity(OmegaConf.create(backwards)) == identity(OmegaConf.create(CONFIG))


@pytest.mark.parametrize("change", [{"seed": 2}, {"model": {"width": 3, "lr": 1e-4}}, {"path": "${output_dir}/y"}])
def test_another_value_is_another_job(change: dict[str, Any]) -> None:
    assert identity(OmegaConf.create(CONFIG | change)) != identity(OmegaConf.create(CONFIG))


def test_the_environment_is_no_part_of_a_jobs_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    config = OmegaConf.create(CONFIG | {"key": "a ${oc.env:DATA_TOKEN}", "copy": "${key}", "job": "${hydra:job.num}"})
    with_one = identity(config)
    monkeypatch.delenv("DATA_TOKEN")
    assert identity(config) == with_one
    assert identity(OmegaConf.create(CONFIG | {"key": "a ${oc.env:OTHER}"})) != with_one


def test_code_is_recorded_with_what_is_not_committed(repository: Path, tmp_path: Path) -> None:
    (repository / "model.py").write_text("width = 2\n")
    (repository / "weights.bin").write_bytes(b"\0")
    (repository / "a b.py").write_bytes(b"")
    facts, diff = checkout(repository)
    assert facts == {
        "commit": git(repository, "rev-parse", "HEAD"),
        "branch": "main",
        "changed": ["model.py"],
        "untracked": ["a b.py", "weights.bin"],
        "untracked_code": {"a b.py": hashlib.sha256(b"").hexdigest()},
        "remote": "https://example.org/r.git",
    }
    assert diff is not None
    git(repository, "checkout", "model.py")
    (tmp_path / "uncommitted.diff").write_bytes(diff)
    git(repository, "apply", "uncommitted.diff")
    assert (repository / "model.py").read_text() == "width = 2\n"


def test_other_code_is_told_with_the_names_of_the_files(repository: Path) -> None:
    def since(then: dict[str, Any]) -> list[str]:
        return code_changes({"code": then}, {"code": now()})

    def now() -> dict[str, Any]:
        facts, diff = checkout(repository)
        return facts | ({"diff_sha256": hashlib.sha256(diff).hexdigest()} if diff else {})

    begun = now()
    (repository / "mine.py").write_text("width = 1\n")
    assert since(begun) == [], "nobody imports it"
    with_mine = now()
    (repository / "mine.py").write_text("width = 2\n")
    assert since(with_mine) == ["code: other contents than then, of what git does not track: mine.py"]
    (repository / "model.py").write_text("width = 2\n")
    assert since(begun) == ["code: uncommitted changes today: model.py"]


def test_code_without_changes_has_no_diff(repository: Path) -> None:
    assert checkout(repository).diff is None


def test_code_outside_of_git_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not a git repository" in str(checkout(tmp_path).facts["unknown"])
    monkeypatch.setenv("PATH", "")
    assert checkout(tmp_path).facts == {"unknown": "git is not installed"}


@pytest.mark.parametrize(
    ("argument", "recorded"),
    [
        ("logger.wandb.api_key=abc", "logger.wandb.api_key=***"),
        ("+hub={user:me,token:abc}", "+hub={user:me,token:***}"),
        ("logger.uri=https://me:abc@host/x?y=1", "logger.uri=https://host/x?y=1"),
        ("logger.wandb.api_key=${oc.env:WANDB_API_KEY}", "logger.wandb.api_key=${oc.env:WANDB_API_KEY}"),
        ("model.tokens=abc", "model.tokens=abc"),
    ],
)
def test_what_is_named_as_a_secret_is_masked(argument: str, recorded: str) -> None:
    assert masked(argument) == recorded


def test_results_that_differ_are_named_with_the_difference() -> None:
    then = {"value": 0.5, "steps": 4, "test": {"test/loss": 1.0, "test/nan": float("nan")}, "seconds": 1.0}
    now = {"value": 0.5, "steps": 4, "test": {"test/loss": 1.25, "test/nan": float("nan")}, "seconds": 2.0}
    assert outcome(then, now) == [
        "1 of 4 values are not the recorded ones",
        "test/loss: 1.0 then, 1.25 now (by 0.25)",
    ]
    assert outcome(then, then) == ["repeated bitwise, all 4 values"]


def test_a_record_does_not_differ_from_itself(recorded: Path) -> None:
    assert differences(provenance(recorded), provenance(recorded)) == []
