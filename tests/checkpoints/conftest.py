"""A run to be damaged."""

import shutil
from pathlib import Path

import pytest
from in_process import SMALL, run


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("trained"), *SMALL, "trainer.max_epochs=2")


@pytest.fixture
def damaged(trained: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return shutil.copytree(trained, tmp_path / "damaged")
