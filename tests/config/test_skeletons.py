"""A config copied from an earlier one is what OmegaConf makes of it anew."""

import sys
from dataclasses import dataclass, field, make_dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, Optional, Union

import pytest
from node_contents import contents
from omegaconf import OmegaConf, ValidationError
from omegaconf.errors import OmegaConfBaseException

from project.config import skeletons
from project.config.skeletons import structured


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Inner:
    size: int = 3
    name: Any = None


@dataclass(frozen=True)
class Fixed:
    size: int = 3


@dataclass
class Outer:
    size: int = 1
    rate: float = 0.1
    name: str = "a"
    depth: Optional[int] = None  # noqa: UP045  (as hydra-zen writes it)
    either: Union[int, str] = 1  # noqa: UP007
    colour: Colour = Colour.RED
    path: Path = Path("here")
    rates: list[float] = field(default_factory=lambda: [0.1])
    sizes: dict[str, int] = field(default_factory=lambda: {"a": 1})
    any: Any = None


VALUES: list[dict[str, Any]] = [
    {},
    {"size": 2, "rate": 2.5, "name": "b", "depth": 4, "either": "c", "colour": Colour.BLUE, "path": Path("there")},
    {"size": "???", "rate": "${size}", "name": "${size} and more", "depth": "${size}", "either": "${name}"},
    {"size": "7", "rate": 3, "name": 8, "depth": "9", "colour": "BLUE", "path": "there"},  # OmegaConf converts them
    {"rates": [1.5, 2, "${rate}"], "sizes": {"b": 2, "c": "???"}},
    {"rates": "${any}", "sizes": "???", "any": "${rates}"},
    {"any": 1},
    {"any": [1, "a", None, [2]]},
    {"any": (1, 2)},
    {"any": {"a": {"b": 1}}},
    {"any": Inner(4)},
    {"any": Inner(5, Inner(6, [Inner()]))},
    {"any": [Inner(7), {"a": Inner(8)}]},
    {"any": Fixed(4)},
    {"any": Inner},
]


@pytest.mark.parametrize("values", VALUES, ids=str)
def test_a_config_is_what_omegaconf_makes_of_it(values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    config = Outer(**values)
    expected = contents(OmegaConf.structured(config))
    for earlier in VALUES:
        monkeypatch.setattr(skeletons, "_skeletons", {})
        structured(Outer(**earlier))
        assert contents(structured(config)) == expected


@pytest.mark.parametrize(
    "values", [{"size": "large"}, {"name": None}, {"name": "${"}, {"rates": 3}, {"any": {"a": object}}], ids=str
)
def test_a_wrong_value_is_said_as_omegaconf_says_it(values: dict[str, Any]) -> None:
    structured(Outer(any={}))
    structured(Outer())
    said = list[str]()
    for make in (OmegaConf.structured, structured):
        with pytest.raises(OmegaConfBaseException, match=r".") as raised:
            make(Outer(**values))
        said.append(str(raised.value))
    assert said[0] == said[1]


def test_what_is_changed_in_a_config_is_not_changed_in_others() -> None:
    expected = contents(OmegaConf.structured(Outer(any=Inner())))
    before, changed = structured(Outer(any=Inner())), structured(Outer(any=Inner()))
    changed.size, changed.rates[0], changed.any.size = 5, 5.5, 5
    assert contents(before) == expected
    assert contents(structured(Outer(any=Inner()))) == expected


def test_configs_of_the_same_fields_keep_their_own_classes() -> None:
    kinds = [make_dataclass(name, [("size", int, 3)]) for name in ("One", "Other")]
    assert [OmegaConf.get_type(structured(kind())) for kind in kinds] == kinds


def test_fields_of_other_types_have_other_nodes() -> None:
    structured(make_dataclass("One", [("size", int, 3)])())
    config = structured(make_dataclass("Other", [("size", bool, True)])())
    with pytest.raises(ValidationError):
        config.size = "large"
    assert config.size is True


def test_a_type_that_is_written_as_text_means_what_its_module_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for meant, value in ((float, 1.0), (int, 1)):
        module = ModuleType(f"meant_{meant.__name__}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        vars(module)["Meant"] = meant
        inside = {"__module__": module.__name__, "__annotations__": {"size": "Meant"}, "size": value}
        kind: Any = type("Config", (), inside)
        config = dataclass(kind)()
        assert contents(structured(config)) == contents(OmegaConf.structured(config))
