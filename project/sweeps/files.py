"""What runs have written, read as it is: a file that is missing, half written or somebody else's tells nothing."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

Read = TypeVar("Read")

_yaml: Any = import_module("yaml")  # which comes without types
_TAIL = 16 * 1024
"""Bytes in which the last line of a log, and the last rows of a table, are looked for."""


class Files:
    """Reads files, each again only when it has changed."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, Callable[[str], Any]], tuple[tuple[int, int], Any]] = {}

    def json(self, path: Path) -> dict[str, Any]:
        """The object in a JSON file."""
        return mapping(self._parsed(path, json.loads))

    def yaml(self, path: Path) -> Any:
        """What is in a YAML file."""
        return self._parsed(path, _load)

    def _parsed(self, path: Path, parse: Callable[[str], Read]) -> Read | None:
        try:
            found = path.stat()
            version = found.st_mtime_ns, found.st_size
            known = self._read.get((path, parse))
            if known is None or known[0] != version:
                known = version, parse(path.read_text(encoding="utf-8"))
                self._read[path, parse] = known
        except (OSError, ValueError, RecursionError):
            return None
        return cast(Read, known[1])


def mapping(value: object) -> dict[str, Any]:
    """`value` where it is a mapping; an empty one otherwise."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list; none where it is no list."""
    return tuple(map(str, cast("list[object]", value))) if isinstance(value, list) else ()


def number(value: object) -> float | None:
    """`value` where it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def numbers(value: object) -> dict[str, float | None]:
    """The numbers of a mapping by name."""
    return {str(name): number(item) for name, item in mapping(value).items()}


def last_line(path: Path) -> str:
    """The last line of a log that says something; empty where there is none."""
    lines = [line for line in _tail(path).splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def last_value(path: Path, name: str) -> float | None:
    """The newest value of a column of `metrics.csv`, of a file that may be growing."""
    try:
        with path.open(encoding="utf-8") as file:
            header = next(csv.reader([file.readline()]), list[str]())
    except (OSError, ValueError):
        return None
    if name not in header:
        return None
    column = header.index(name)
    rows = csv.reader(io.StringIO(_tail(path)))
    values = [as_float(row[column]) for row in rows if len(row) == len(header)]
    return next((value for value in reversed(values) if value is not None), None)


def as_float(text: str | None) -> float | None:
    """The finite number that a text is."""
    try:
        return number(float(text or ""))
    except ValueError:
        return None


def table(path: Path) -> list[Mapping[str, str]]:
    """The rows of a CSV file by column; a row that is cut short has no more of them."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return []


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, io.SEEK_END) - _TAIL))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _load(text: str) -> Any:
    try:
        return _yaml.load(text, Loader=getattr(_yaml, "CSafeLoader", _yaml.SafeLoader))
    except _yaml.YAMLError as error:
        raise ValueError(str(error)) from error
