"""What plain values are, for a checker too: strict checkers take the items of an `isinstance` container as unknown."""

from typing import Any, TypeGuard


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether `value` is a plain list."""
    return type(value) is list


def is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    """Whether `value` is a plain tuple."""
    return type(value) is tuple


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether `value` is a plain dict."""
    return type(value) is dict


def listed(container: Any) -> Any:
    """Plain data with lists for tuples: OmegaConf 2.4 keeps tuples where 2.3 made lists."""
    if is_list(container) or is_tuple(container):
        return [listed(item) for item in container]
    return {key: listed(item) for key, item in container.items()} if is_dict(container) else container
