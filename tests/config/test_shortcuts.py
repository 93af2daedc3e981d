"""What is done in a shorter way than OmegaConf's own comes to the same."""

import copy
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf, ReadonlyConfigError, ValidationError, omegaconf
from omegaconf._utils import OmegaConfDumper

import project.config as _  # noqa: F401  (takes the shortcuts)


class Colour(Enum):
    RED = 1


@dataclass
class Inner:
    size: int = 3
    name: str | None = None


@dataclass
class Outer:
    inner: Inner = field(default_factory=Inner)
    colour: Colour = Colour.RED
    path: Path = Path("here")
    rates: list[float] = field(default_factory=lambda: [0.1, 0.2])
    either: int | str = "a"
    size: int = "${inner.size}"  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


def config() -> Any:
    return OmegaConf.structured(Outer())


def test_a_copy_equals_what_it_was_made_of_and_has_its_types() -> None:
    made = config()
    copied = copy.deepcopy(made)
    assert copied == made
    assert copied.size == 3
    assert OmegaConf.get_type(copied.inner) is Inner
    with pytest.raises(ValidationError):
        copied.inner.size = "large"


def test_what_is_changed_in_a_copy_is_not_changed_elsewhere() -> None:
    made = config()
    copied = copy.deepcopy(made)
    copied.inner.size, copied.rates[0], copied.either = 5, 0.5, 4
    assert (made.inner.size, made.rates[0], made.either, copied.size) == (3, 0.1, "a", 5)


def test_flags_are_copied_and_are_each_ones_own() -> None:
    made = config()
    OmegaConf.set_readonly(made.inner, True)
    copied = copy.deepcopy(made)
    with pytest.raises(ReadonlyConfigError):
        copied.inner.size = 5
    OmegaConf.set_readonly(copied.inner, False)
    copied.inner.size = 5
    with pytest.raises(ReadonlyConfigError):
        made.inner.size = 5


def test_a_part_is_copied_with_its_place() -> None:
    made = config()
    copied = copy.deepcopy(made.inner)
    assert copied._get_full_key("size") == "inner.size"


def test_yaml_is_what_omegaconf_writes() -> None:
    texts = ("1e3", "yes", " lead", "a: b", "line\nbreak", "ümlaut", "word " * 60, "", "12:30", "null", "${a}", "#")
    values = {"texts": [*texts], "nested": [{"a": [None, True, 1.5, float("inf")]}, {}], "long" * 40: 3}
    writer: Any = omegaconf
    slow = writer.yaml.dump(
        values, default_flow_style=False, allow_unicode=True, sort_keys=False, Dumper=OmegaConfDumper
    )
    assert OmegaConf.to_yaml(OmegaConf.create({"texts": [], **values}), resolve=False) == slow
