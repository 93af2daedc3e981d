"""Shortcuts for OmegaConf and Hydra, which go the long way for each job and option; what it comes to stays the same."""

import copy
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from hydra._internal import defaults_list
from omegaconf import DictConfig, ListConfig, ValueNode, base, nodes, omegaconf

from project.config.guards import is_dict, is_list

_PARSED = 4096
"""Texts with interpolations that are kept parsed."""
_VALUES = "AnyNode", "BooleanNode", "BytesNode", "EnumNode", "FloatNode", "IntegerNode", "PathNode", "StringNode"


def shorten() -> None:
    """Have interpolations parsed once, not each time that one is resolved, and nodes copied in a fifth of the time.

    YAML is written by libyaml where there is one, which writes an emoji as its number. And Hydra 1.3 lists all that is
    chosen for the interpolations in each defaults list where there are some.
    """
    parser: Any = base
    parser.parse = lru_cache(_PARSED)(parser.parse)
    kinds: list[Any] = [*(getattr(nodes, name) for name in _VALUES), DictConfig, ListConfig]
    for kind in kinds:
        kind.__deepcopy__ = _copied
    writer: Any = omegaconf
    if writer.yaml.__with_libyaml__:
        quick: Any = type("Dumper", (writer.yaml.CDumper,), {})
        quick.add_representer(str, writer.get_omega_conf_dumper().str_representer)
        writer.get_omega_conf_dumper = lambda: quick
    lists: Any = defaults_list
    if hasattr(lists, "_create_interpolation_map"):
        lists._create_interpolation_map = partial(_chosen, lists._create_interpolation_map)


def _chosen(chosen: Callable[..., Any], overrides: Any, defaults: list[Any], *others: Any) -> Any:
    """What is chosen, for what a defaults list writes as `${...}`; None where it does not, and nothing looks for it."""
    return chosen(overrides, defaults, *others) if "${" in str(defaults) else None


def _copied(node: Any, memo: dict[int, Any]) -> Any:
    """What OmegaConf's own `__deepcopy__` makes of a node: everything below it anew, its value and its parent as is."""
    copied = _shallow(node)
    state: dict[str, Any] = copied.__dict__
    state["_metadata"] = metadata = _shallow(node._metadata)
    metadata.flags = metadata.flags and dict(metadata.flags)
    resolved = metadata.resolver_cache
    metadata.resolver_cache = copy.deepcopy(resolved, memo) if resolved else defaultdict(dict)
    if isinstance(node, ValueNode):
        state["_flags_cache"] = None
        return copied
    state["_flags_cache"] = state["_flags_cache"] and dict(state["_flags_cache"])
    content = state["_content"]
    if is_dict(content):
        state["_content"] = {key: _child(item, copied, memo) for key, item in content.items()}
    elif is_list(content):
        state["_content"] = [_child(item, copied, memo) for item in content]
    return copied


def _child(node: Any, parent: Any, memo: dict[int, Any]) -> Any:
    copied = node.__deepcopy__(memo)
    copied.__dict__["_parent"] = parent
    return copied


def _shallow(whole: Any) -> Any:
    copied: Any = object.__new__(whole.__class__)
    copied.__dict__.update(whole.__dict__)
    return copied
