"""For any values, `build(conf(f)(**kw)) == f(**kw)`, before and after a round trip through YAML."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from torch import nn

from project.config import build, conf, conf_partial


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


@dataclass(frozen=True)
class Typed:
    flag: bool
    count: int
    ratio: float
    text: str
    raw: bytes
    maybe: int | None
    either: int | str
    number: int | float | None
    choice: Literal["a", "b", 3]
    color: Color
    access: Access
    path: Path
    text_or_path: str | Path
    pair: tuple[int, str]
    many: tuple[float, ...]
    nested: tuple[tuple[int, int], ...]
    items: list[int]
    paths: list[Path]
    colors: Mapping[str, Color]
    table: dict[str, list[float]]
    by_number: dict[int, str]
    sequence: Sequence[tuple[int, int]]
    one_or_pair: int | tuple[int, int]
    dtype: torch.dtype
    function: Callable[..., Any]
    kind: type[nn.Module]


@dataclass(frozen=True)
class Untyped:
    value: Any


def collect(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    return (*args, kwargs)


# Shrinking such large examples takes minutes, and the generated ones are readable.
QUICK = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])

# What Hydra reads as an interpolation or as a missing value is no plain text to it.
# PyYAML folds the three rarer line breaks of Unicode into spaces.
texts = st.text(st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=["Cs"])).filter(
    lambda text: "${" not in text and text != "???"
)
integers = st.integers(-(2**63), 2**63)
floats = st.floats(allow_nan=False)
paths = st.sampled_from([Path("a/b.txt"), Path("/"), Path()])
scalars = st.none() | st.booleans() | integers | floats | texts | st.binary() | st.sampled_from(Color) | paths
keys = texts | integers | st.booleans()
hashable = st.recursive(scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner), max_leaves=4)
values = st.recursive(
    scalars | st.sampled_from([torch.float32, torch.nn.functional.relu, nn.ReLU, len, Access.READ | Access.WRITE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys | hashable, inner, max_size=3)
        | st.sets(hashable, max_size=3)
        | st.dictionaries(st.sampled_from(["_target_", "_args_", "_partial_", "plain"]), inner, max_size=2)
    ),
    max_leaves=8,
)
typed = {
    "flag": st.booleans(),
    "count": integers,
    "ratio": floats,
    "text": texts,
    "raw": st.binary(),
    "maybe": st.none() | integers,
    "either": integers | texts,
    "number": st.none() | integers | floats,
    "choice": st.sampled_from(["a", "b", 3]),
    "color": st.sampled_from(Color),
    "access": st.sampled_from([Access.READ, Access.WRITE, Access.READ | Access.WRITE]),
    "path": paths,
    "text_or_path": paths | texts,
    "pair": st.tuples(integers, texts),
    "many": st.lists(floats).map(tuple),
    "nested": st.lists(st.tuples(integers, integers), max_size=2).map(tuple),
    "items": st.lists(integers),
    "paths": st.lists(paths),
    "colors": st.dictionaries(texts, st.sampled_from(Color)),
    "table": st.dictionaries(texts, st.lists(floats)),
    "by_number": st.dictionaries(integers, texts),
    "sequence": st.lists(st.tuples(integers, integers), max_size=2),
    "one_or_pair": integers | st.tuples(integers, integers),
    "dtype": st.sampled_from([torch.float32, torch.bfloat16, torch.int64]),
    "function": st.sampled_from([torch.relu, nn.functional.gelu, len, Path.cwd]),
    "kind": st.sampled_from([nn.Module, nn.Linear]),
}


def exact(value: Any) -> object:
    """`value` with its types spelled out all the way down: `1`, `1.0` and `True` are equal to Python, not to us."""
    if isinstance(value, Typed | Untyped):
        return type(value), exact(vars(value))
    kind = cast(type[object], type(value))
    if kind is dict:
        return kind, frozenset((exact(key), exact(item)) for key, item in value.items())
    if kind is set or kind is frozenset:
        return kind, frozenset(map(exact, value))
    if kind is list or kind is tuple:
        return kind, tuple(map(exact, value))
    return kind, repr(value)


def through_yaml(config: Any) -> Any:
    return OmegaConf.create(OmegaConf.to_yaml(OmegaConf.structured(config)))


@settings(QUICK, max_examples=100)
@given(value=values)
def test_any_value_of_an_unannotated_parameter_is_built_as_it_was_given(value: object) -> None:
    config = conf(Untyped)(value)
    expected = Untyped(value)
    assert exact(build(config)) == exact(expected)
    assert exact(build(through_yaml(config))) == exact(expected)


@settings(QUICK, max_examples=100)
@given(arguments=st.fixed_dictionaries(typed))
def test_any_value_of_an_annotated_parameter_is_built_as_it_was_given(arguments: dict[str, Any]) -> None:
    config = conf(Typed)(**arguments)
    expected = Typed(**arguments)
    assert exact(build(config)) == exact(expected)
    assert exact(build(through_yaml(config))) == exact(expected)


@settings(QUICK, max_examples=30)
@given(arguments=st.fixed_dictionaries(typed), first=st.booleans())
def test_a_partial_builds_the_factory_that_waits_for_its_first_argument(arguments: dict[str, Any], first: bool) -> None:
    del arguments["flag"]
    config = conf_partial(Typed)(**arguments)
    expected = Typed(first, **arguments)
    assert exact(build(config)(first)) == exact(expected)
    assert exact(build(through_yaml(config))(first)) == exact(expected)


@settings(QUICK, max_examples=50)
@given(args=st.lists(values, max_size=3), kwargs=st.dictionaries(st.sampled_from(["a", "frozen", "b"]), values))
def test_arguments_that_the_target_swallows_arrive(args: list[Any], kwargs: dict[str, Any]) -> None:
    config = conf(collect)(*args, **kwargs)
    assert exact(build(config)) == exact(collect(*args, **kwargs))
    assert exact(build(through_yaml(config))) == exact(collect(*args, **kwargs))


@settings(QUICK, max_examples=50)
@given(inner=values)
def test_nested_configs_are_built_inside_out(inner: object) -> None:
    config = conf(Untyped)([conf(Untyped)(inner), {"deep": conf(Untyped)((1, conf(Untyped)(inner)))}])
    expected = Untyped([Untyped(inner), {"deep": Untyped((1, Untyped(inner)))}])
    assert exact(build(config)) == exact(expected)
    assert exact(build(through_yaml(config))) == exact(expected)


@pytest.mark.parametrize(
    ("field", "override", "meaning"),
    [
        ("pair", [2, "b"], (2, "b")),
        ("many", [1, 2.5], (1.0, 2.5)),
        ("nested", [[1, 2]], ((1, 2),)),
        ("path", "c/d", Path("c/d")),
        ("paths", ["c"], [Path("c")]),
        ("color", "GREEN", Color.GREEN),
        ("one_or_pair", [3, 4], (3, 4)),
        ("text_or_path", "c/d", "c/d"),
        ("sequence", [[1, 2]], [(1, 2)]),
    ],
)
def test_a_plain_value_from_the_command_line_means_what_the_annotation_says(
    field: str, override: object, meaning: object
) -> None:
    def arguments() -> dict[str, Any]:
        return {
            "flag": True, "count": 1, "ratio": 1.0, "text": "", "raw": b"", "maybe": None, "either": 1, "number": None,
            "choice": "a", "color": Color.RED, "access": Access.READ, "path": Path("a"), "text_or_path": Path("a"),
            "pair": (1, "a"), "many": (), "nested": (), "items": [], "paths": [], "colors": {}, "table": {},
            "by_number": {}, "sequence": [], "one_or_pair": 1, "dtype": torch.float32, "function": len,
            "kind": nn.Module,
        }  # fmt: skip

    config = OmegaConf.structured(conf(Typed)(**arguments()))
    config[field] = override
    assert exact(getattr(build(config), field)) == exact(meaning)
