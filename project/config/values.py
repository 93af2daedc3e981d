"""Python values as config values, and back.

A composed config holds what YAML can hold. A value that YAML lacks is written in one of two ways: plainly, when the
parameter's annotation says how to read it back (`betas: tuple[float, float]` as a list, `data_dir: Path` as a string,
an enum as its name), so that it stays easy to read and to override; otherwise as a Hydra node that makes it.
"""

import inspect
import types
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Union, cast, get_args, get_origin

from hydra_zen import BuildsFn, just
from hydra_zen.errors import HydraZenUnsupportedPrimitiveError
from hydra_zen.funcs import get_obj
from omegaconf import MISSING

from project.config.guards import is_dict, is_list, is_tuple
from project.config.refs import Ref
from project.config.signature import locate
from project.config.space import Space

PRIMITIVES = (bool, int, float, str, bytes)
RESERVED = {"_target_", "_args_", "_partial_", "_convert_", "_recursive_"}
_UNCHANGED = (str, bytes, type(None), bool, int, float)


class UnsupportedError(TypeError):
    """A value that no config can hold, a live object: its path below the value that was to be encoded, and itself."""


class _Builds(BuildsFn[Any]):
    """hydra-zen, keeping more of the annotations that OmegaConf can check (it widens every union but Optional)."""

    @classmethod
    def _sanitized_type(
        cls, type_: Any, *, primitive_only: bool = False, wrap_optional: bool = False, nested: bool = False
    ) -> Any:
        members = set(get_args(type_)) if is_union(type_) else set[Any]()
        if members and members <= {*PRIMITIVES, type(None)} and not nested:
            # OmegaConf's unions, unlike Python's numbers, take no int for a float.
            widened = members | {int} if float in members else members
            return Union[tuple(sorted(widened, key=str))]  # noqa: UP007  (computed)
        sanitized: Any = super()._sanitized_type(
            type_, primitive_only=primitive_only, wrap_optional=wrap_optional, nested=nested
        )
        # A field typed as a dataclass takes no config of it, and a `Path` in one typed so is `!!python/object` in YAML.
        unfit = inspect.isclass(sanitized) and (is_dataclass(sanitized) or issubclass(sanitized, Path))
        return Any if unfit else sanitized

    @classmethod
    def field_type(cls, annotation: Any) -> Any:
        """What OmegaConf can check of `annotation`."""
        return cls._sanitized_type(annotation)

    @classmethod
    def _make_hydra_compatible(cls, value: object, **settings: Any) -> Any:
        """A signature's default that no config can hold stays with the target; `conf` gives or hides its field."""
        try:
            return super()._make_hydra_compatible(value, **settings)
        except HydraZenUnsupportedPrimitiveError:
            return MISSING


builds, make_config, field_type = _Builds.builds, _Builds.make_config, _Builds.field_type


def is_union(annotation: Any) -> bool:
    """Whether `annotation` is `X | Y`, `Union[X, Y]` or `Optional[X]`."""
    return get_origin(annotation) in (Union, types.UnionType)


def is_entry(value: Any) -> bool:
    """Whether `value` is a config: what `conf` returns, or any other of hydra-zen's."""
    return hasattr(value, "__dataclass_fields__") and hasattr(value, "_target_") and not isinstance(value, type)


def encode(value: Any, annotation: Any = Any) -> Any:
    """`value` as a config holds it.

    Raises:
        UnsupportedError: no config can hold it.
    """
    if isinstance(value, Ref):
        return str(value)
    plain = _plain(value)
    return explicit(plain if _same(restore(annotation, plain), value) else value)


def explicit(value: Any) -> Any:
    """`value` as plain data and Hydra nodes, whatever the annotation of the parameter that takes it."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, Space):
        raise UnsupportedError("", value)
    if type(value) in _UNCHANGED or is_entry(value):
        return value
    if isinstance(value, Enum):
        return _enum(value)
    if is_list(value):
        return _items(value)
    if is_dict(value):
        return _mapping(value)
    if type(value) in (tuple, set, frozenset):
        kind = cast(Any, type(value))
        return builds(kind, _items(value))()
    if isinstance(value, Path):
        return builds(Path, str(value))()
    return _named_constant(value) or _by_hydra_zen(value)


def restore(annotation: Any, value: Any) -> Any:
    """What `value`, read from a config, means where `annotation` is expected: a tuple for a list, and so on."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return restore(arguments[0], value)
    if is_union(annotation):
        return _restore_union(arguments, value)
    if isinstance(value, str) and isinstance(annotation, type):
        return _restore_text(annotation, value)
    if is_list(value):
        return _restore_list(origin or annotation, arguments, value)
    if is_dict(value) and origin in (dict, Mapping) and not RESERVED & value.keys():
        return {key: restore(arguments[1], item) for key, item in value.items()}
    return value


def _restore_union(members: tuple[Any, ...], value: Any) -> Any:
    if any(type(value) is (get_origin(member) or member) for member in members):
        return value
    restored = (restore(member, value) for member in members)
    return next((item for item in restored if not _same(item, value)), value)


def _restore_text(kind: type, value: str) -> Any:
    if issubclass(kind, Enum):
        return kind.__members__.get(value, value)
    return Path(value) if issubclass(kind, Path) or kind.__name__ == "PathLike" else value


def _restore_list(kind: Any, arguments: tuple[Any, ...], value: list[Any]) -> Any:
    if kind is tuple:
        each = [arguments[0]] * len(value) if arguments[1:] == (...,) else list(arguments)
        each = each if len(each) == len(value) else [Any] * len(value)
        return tuple(map(restore, each, value))
    if arguments and isinstance(kind, type) and issubclass(list, kind):
        return [restore(arguments[0], item) for item in value]
    return value


def _plain(value: Any) -> Any:
    """`value` as YAML would have it, tuples as lists, paths as strings and enums as names."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Path):
        return str(value)
    if is_list(value) or is_tuple(value):
        return [_plain(item) for item in value]
    if is_dict(value) and _is_plain(value):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _same(one: Any, other: Any) -> bool:
    """Equal, and of equal types all the way down; configs and other objects are compared by identity."""
    if type(one) is not type(other):
        return False
    if is_list(one) or is_tuple(one):
        return len(one) == len(other) and all(map(_same, one, other))
    if is_dict(one):
        return one.keys() == other.keys() and all(_same(item, other[key]) for key, item in one.items())
    return one is other or (isinstance(one, (*_UNCHANGED, Path)) and one == other)


def _enum(value: Enum) -> Any:
    kind = type(value)
    if value.name in kind.__members__:
        return builds(get_obj, path=f"{kind.__module__}.{kind.__qualname__}.{value.name}")()
    return builds(kind, explicit(value.value))()  # a combination of flags has no name of its own


def _mapping(value: dict[Any, Any]) -> Any:
    items = {key: _item(key, item) for key, item in value.items()}
    return items if _is_plain(value) else builds(dict, [[explicit(key), item] for key, item in items.items()])()


def _is_plain(value: dict[Any, Any]) -> bool:
    """Whether OmegaConf takes the keys, and Hydra sees no node of its own in them."""
    return not RESERVED & value.keys() and all(type(key) in PRIMITIVES for key in value)


def _named_constant(value: Any) -> Any:
    """A config of an object whose repr is the path it is found at, as `torch.float32`'s is."""
    path = repr(value)
    if not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        return None
    try:
        return builds(get_obj, path=path)() if locate(path) is value else None
    except ImportError:
        return None


def _by_hydra_zen(value: Any) -> Any:
    try:
        return just(value)
    except (HydraZenUnsupportedPrimitiveError, ModuleNotFoundError, AttributeError) as error:
        raise UnsupportedError("", value) from error


def _items(values: Iterable[Any]) -> list[Any]:
    return [_item(index, value) for index, value in enumerate(values)]


def _item(key: Any, value: Any) -> Any:
    """`explicit(value)`, with `key` in the path of what no config can hold."""
    try:
        return explicit(value)
    except UnsupportedError as error:
        raise UnsupportedError(f".{key}{error.args[0]}", error.args[1]) from error
