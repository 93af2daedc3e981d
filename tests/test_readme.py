"""What the README shows is what the repository holds, and works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n# (\S+?)(?:, in (\w+))?\n(.*?)```", README, flags=re.DOTALL)
SHOWN = [(file, text) for file, group, text in BLOCKS if file != "mine.py" and (not group or group == "model")]
IMPORTS = """
from collections.abc import Callable, Iterable, Mapping

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from project.datamodule import FashionMNIST
from project.loop import SupervisedLoop
from project.scheduler import Schedule
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to which everything that the README adds has been added."""
    copy = tmp_path_factory.mktemp("readme") / "repository"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".*", "outputs", "multirun", "data", "tests", "*.egg-info")
    )
    classes = "\n\n".join(text for file, _, text in BLOCKS if file == "mine.py")
    (copy / "mine.py").write_text(f"{IMPORTS}\n\n{classes}")
    names = ", ".join(re.findall(r"^class (\w+)", classes, flags=re.MULTILINE))
    catalogue = (copy / "configs.py").read_text()
    catalogue = catalogue.replace("\nfrom project.config", f"\nfrom mine import {names}\nfrom project.config", 1)
    for file, group, entry in BLOCKS:
        if file == "configs.py" and group and group != "model":
            catalogue, count = re.subn(rf'(\n    "{group}",\n(?:    many=True,\n)?)', rf"\1{entry}", catalogue)
            assert count == 1, group
    (copy / "configs.py").write_text(catalogue)
    return copy


@pytest.mark.parametrize(("file", "text"), SHOWN, ids=[file for file, _ in SHOWN])
def test_the_code_shown_is_the_code_there(file: str, text: str) -> None:
    assert text in (ROOT / file).read_text()


def test_everything_a_user_adds_is_trained(extended: Path) -> None:
    [line] = re.findall(r"^python train.py (datamodule=shoes .*)$", README, flags=re.MULTILINE)
    quick = ["datamodule.source=bundled", "trainer.max_epochs=1", "trainer.limit_train_batches=20", "trainer.devices=1"]
    command = [sys.executable, "train.py", *line.split(), *quick]
    done = subprocess.run(command, cwd=extended, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [results] = (extended / "outputs").rglob("results.json")
    assert '"test/worst_class"' in results.read_text()
    [curves] = (extended / "outputs").rglob("config.yaml")
    assert "noise: 0.05" in curves.read_text()


def test_everything_a_user_adds_passes_the_type_checker(extended: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), "mine.py", "configs.py"]
    done = subprocess.run(command, cwd=extended, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_command_lines_are_those_of_the_readme() -> None:
    for line in ("python train.py", "python train.py model=beeg_mlp model.beeg_factor=20", "pytest"):
        assert line in README
