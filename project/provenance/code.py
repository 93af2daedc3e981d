"""The code that runs, and what has changed in it since a run was started."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from .checkout import checkout
from .compare import code_changes

_HERE = Path(__file__).parents[2]


@cache
def code() -> tuple[dict[str, Any], bytes | None]:
    """The code as this process has imported it, and what of it is not committed; asked for once, by forks as well."""
    checked_out = checkout(_HERE)
    facts, diff = {**checked_out.facts}, checked_out.diff
    return ({**facts, "diff_sha256": hashlib.sha256(diff).hexdigest()} if diff is not None else facts), diff


def code_since(directory: Path) -> list[str]:
    """What differs in the code since a run was started, a line each; none where that is unknown."""
    try:
        record: dict[str, Any] = json.loads((directory / "provenance.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    then, (now, _) = record.get("code", {"unknown": "no record"}), code()
    return [] if "unknown" in {**then, **now} else code_changes({"code": then}, {"code": now})
