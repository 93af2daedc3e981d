"""Configs of OmegaConf's, to be compared to the last: by types, flags and places too, which `==` passes over."""

from typing import Any

from project.config.guards import is_dict, is_list


def contents(node: Any) -> Any:
    """All that there is to a node, but for what resolvers said when it was made."""
    inside = node.__dict__.get("_content")
    if is_dict(inside):
        inside = [(key, contents(item)) for key, item in inside.items()]
    elif is_list(inside):
        inside = [contents(item) for item in inside]
    elif hasattr(inside, "_metadata"):
        inside = contents(inside)
    value = node.__dict__.get("_val")
    return (
        type(node),
        {**vars(node._metadata), "resolver_cache": None},
        node._get_full_key(None),
        type(value),
        value,
        inside,
    )
