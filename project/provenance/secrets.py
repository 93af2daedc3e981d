"""What is written down without the secrets in it."""

import re

from .checkout import without_password

_SECRET = re.compile(
    r"((?:token|secret|passw(?:or)?d|api_?key|credentials?)['\"]?\s*[=:]\s*)(?!['\"\\]*\$\{)[^\s,}\]]+", re.IGNORECASE
)


def masked(argument: str) -> str:
    """An argument of a command line without the secrets that its names, or an address in it, give away."""
    return without_password(_SECRET.sub(r"\1***", argument))
