"""What is allowed, what is locked and what CI tries are the same dependencies."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def allowed() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in project["dependencies"]]


def pinned(file: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PINNED.findall((ROOT / file).read_text())}


@pytest.mark.parametrize("requirement", allowed(), ids=lambda requirement: requirement.name)
def test_the_lock_holds_a_release_that_is_allowed(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pinned("requirements.lock")[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("requirement", allowed(), ids=lambda requirement: requirement.name)
def test_the_lowest_release_that_is_allowed_is_the_one_that_ci_tries(requirement: Requirement) -> None:
    [lowest] = [it.version for it in requirement.specifier if it.operator == ">="]
    assert Version(pinned(".ci/lowest.txt")[canonicalize_name(requirement.name)]) == Version(lowest)


def test_every_release_in_the_lock_has_its_hash() -> None:
    entries = re.split(r"\n(?=[\w.-]+==)", (ROOT / "requirements.lock").read_text())[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
