"""What plain data cannot say."""

from typing import Any, NoReturn


class Uncertain(BaseException):
    """Only the classes themselves can tell."""


class Unknown:
    """In the place of what plain data cannot hold: whatever is asked of it, the answer is uncertain."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Uncertain(name)

    def __hash__(self) -> NoReturn:
        raise Uncertain

    def __eq__(self, other: object) -> NoReturn:
        raise Uncertain

    def __repr__(self) -> NoReturn:
        raise Uncertain


def uncertain(*_: Any, **__: Any) -> NoReturn:
    """Stands for a function that plain data cannot hold."""
    raise Uncertain
