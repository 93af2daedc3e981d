"""A new project begun from this one, under another name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from project.new import begin, main


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("new") / "vision"
    begin(directory, "vision")
    return directory


def python(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True)


def test_a_new_project_runs_under_its_own_name(vision: Path) -> None:
    done = python(vision, "train.py", "check=true")
    assert (done.returncode, "parameters" in done.stderr) == (0, True), done.stderr
    assert python(vision, "-c", "import vision.config, sys; assert 'project' not in sys.modules").returncode == 0


def test_no_import_path_or_setting_of_a_new_project_has_the_old_name(vision: Path) -> None:
    settings = (vision / "pyproject.toml").read_text()
    assert 'name = "vision"' in settings
    assert 'include = ["vision", "vision.*"]' in settings
    for file in vision.rglob("*.py"):
        assert not re.search(r"^(from|import) project\b", file.read_text(), re.MULTILINE), file


@pytest.mark.long
def test_a_new_project_passes_its_own_tests_of_structure_and_catalogue(vision: Path) -> None:
    done = python(vision, "-m", "pytest", "-q", "-n0", "tests/test_contract.py", "tests/config/test_catalogue.py")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["my-vision", "class", "json", "configs"])
def test_a_name_that_is_no_package_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "new"), name])
    assert ended.value.code == 2
    assert f"'{name}' cannot be the name of a package" in capsys.readouterr().err


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(SystemExit):
        main([str(tmp_path), "vision"])
    assert "has something in it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
