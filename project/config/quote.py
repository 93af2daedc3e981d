"""Values in the grammar of Hydra's overrides."""

import re
from typing import Any

from project.config.guards import is_dict, is_list

_PATH = re.compile(r"[\w.-]*/[\w./-]*", re.ASCII)
"""What nobody quotes."""


def quoted(value: Any) -> str:
    """`value` as an override would be typed."""
    if is_list(value):
        return f"[{','.join(map(quoted, value))}]"
    if is_dict(value):
        return f"{{{','.join(f'{key}:{quoted(item)}' for key, item in value.items())}}}"
    if isinstance(value, str):
        if _PATH.fullmatch(value):
            return value
        escaped = value.replace("\\'", "\\\\'").replace("'", "\\'")
        return f"'{escaped}'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
