"""`build`: from a composed config to the thing that it describes."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from hydra.errors import InstantiationException
from hydra_zen import instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from project.config.entry import origin
from project.config.guards import is_dict, is_list, is_tuple, listed
from project.config.nodes import place
from project.config.signature import hint, locate, name, parameters
from project.config.targets import ForbiddenError, refuse_strangers
from project.config.values import is_entry, restore
from project.problem import ConfigError, Problem, first_line

T = TypeVar("T")


def build(config: T, /, **runtime: Any) -> T:
    """Instantiate a config, composed or straight from `conf`; anything else is returned as it is.

    Args:
        config: statically, the very thing that it builds.
        runtime: live objects for parameters of the target, handed over as they are.

    Raises:
        ConfigError: the config is wrong or incomplete, or a component's constructor refuses its values.
    """
    if not is_entry(config) and not isinstance(config, DictConfig | ListConfig | dict):
        return config
    found = origin(config)
    if found is not None and (wrong := (*found.problems, *found.misplaced)):
        raise ConfigError(wrong)
    container = plain(config)
    try:
        refuse_strangers(container)
    except ForbiddenError as error:
        raise ConfigError([Problem("", str(error))]) from error
    idle = [
        Problem(f"{place(config)}.{key}", "has no effect: the run supplies it") for key in _idle(container, runtime)
    ]
    if idle:
        raise ConfigError(idle)
    container = _restored(container)
    with _user_mistakes(config, container):
        if not runtime:
            return cast(T, instantiate(container, _convert_="all"))
        factory = instantiate({**container, "_partial_": True}, _convert_="all")
        return cast(T, factory(**runtime))


def plain(config: Any) -> Any:
    """`config` as dicts and lists, its interpolations resolved.

    Raises:
        ConfigError: a value is missing, or an interpolation leads nowhere.
    """
    try:
        node = config if OmegaConf.is_config(config) else OmegaConf.structured(config)
        return listed(OmegaConf.to_container(node, resolve=True, throw_on_missing=True))
    except OmegaConfBaseException as error:
        raise ConfigError([Problem(error.full_key or "", first_line(error))]) from error


@contextmanager
def _user_mistakes(config: Any, container: Any) -> Generator[None, None, None]:
    """Tell a component's `ValueError` as the user's mistake that it is, at the component's place in the config."""
    try:
        yield
    except InstantiationException as error:
        if not isinstance(error.__cause__, ValueError):
            raise
        below = str(error).rpartition("full_key: ")[2]
        path = ".".join(filter(None, (place(config), below if "\n" not in below else "")))
        raise ConfigError([Problem(path or _name(container), str(error.__cause__))]) from error
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError([Problem(place(config) or _name(container), str(error))]) from error


def _idle(container: Any, runtime: Mapping[str, Any]) -> list[str]:
    """The parameters that were configured although the run supplies them."""
    if not runtime or "_target_" not in container:
        return []
    known = parameters(locate(container["_target_"]))
    return [key for key in runtime if key in known and container.get(key) != known[key].default]


def _name(container: Any) -> str:
    return name(locate(container["_target_"])) if is_dict(container) and "_target_" in container else ""


def _restored(node: Any) -> Any:
    """`node` with every value turned into what the annotation of its parameter says it is (`values.restore`)."""
    if is_list(node):
        return [_restored(item) for item in node]
    if not is_dict(node):
        return node
    items = {key: _restored(value) for key, value in node.items()}
    if "_target_" not in items:
        return items
    known = parameters(locate(items["_target_"]))
    return {key: _held(restore(hint(known.get(key)), value)) for key, value in items.items()}


def _held(value: Any) -> Any:
    """`value` with its tuples as nodes that make them, since OmegaConf turns a tuple into a list."""
    if is_tuple(value):
        return {"_target_": "builtins.tuple", "_args_": [[_held(item) for item in value]]}
    if is_list(value):
        return [_held(item) for item in value]
    return {key: _held(item) for key, item in value.items()} if is_dict(value) else value
