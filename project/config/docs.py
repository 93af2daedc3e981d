"""What components say of themselves, read from their docstrings."""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from docstring_parser import DocstringStyle, ParseError, parse

ROLE = re.compile(r":[\w:]+:`(?:~[\w.]*\.)?([^`<]*?)\s*(?:<[^>]*>)?`")
LINK = re.compile(r"`([^`<]+?)\s*(?:<[^>]*>)?`__?")
DIRECTIVE = re.compile(r"\n\s*(?:\.\. |Example)")


@cache
def summary(target: Any) -> str:
    """The first sentence of what a target says of itself."""
    texts: Iterator[str] = map(_prose, _docstrings(target))
    text = next((text for text in texts if text), "")
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


@cache
def meanings(target: Any) -> Mapping[str, str]:
    """What a target, or else one of its bases, says of each parameter."""
    found = dict[str, str]()
    for text in _docstrings(target):
        try:
            documented = parse(text, DocstringStyle.GOOGLE).params
        except ParseError:  # a section that is none
            continue
        for parameter in documented:
            found.setdefault(parameter.arg_name, _prose(parameter.description or ""))
    return found


def _docstrings(target: Any) -> Iterator[str]:
    """Those of a class and of its constructor, of its bases likewise; that of a function."""
    for owner in target.__mro__[:-1] if isinstance(target, type) else (target,):
        yield inspect.cleandoc(owner.__doc__ or "")
        constructor: Any = vars(owner).get("__init__") if isinstance(owner, type) else None
        yield inspect.cleandoc(getattr(constructor, "__doc__", None) or "")


def _prose(text: str) -> str:
    """The first paragraph of a docstring, on one line and without Sphinx's markup."""
    paragraph = DIRECTIVE.split(text.strip())[0].split("\n\n")[0]
    plain = LINK.sub(r"\1", ROLE.sub(r"\1", paragraph)).replace("``", "`")
    return " ".join(plain.split())
