"""What differs between two runs: in their configs, their code, their surroundings and their results."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from project.provenance.compare import COMPARED, changes, code_changes

from .files import Files, mapping, numbers
from .table import shown


class Section(NamedTuple):
    """A part in which two runs may differ.

    Attributes:
        rows: what is different, and what it is in each.
        note: what else there is to say.
    """

    name: str
    rows: list[tuple[str, str, str]]
    note: str = ""


def diff(one: Path, other: Path) -> list[Section]:
    """What differs between the runs in two directories, section by section.

    Raises:
        FileNotFoundError: one of them holds no run.
    """
    files = Files()
    for directory in (one, other):
        if not (directory / ".hydra" / "config.yaml").is_file():
            raise FileNotFoundError(f"{directory} is no run's directory: it has no .hydra/config.yaml")
    configs = [dict(_flat(files.yaml(directory / ".hydra" / "config.yaml"))) for directory in (one, other)]
    results = [dict(_results(files.json(directory / "results.json"))) for directory in (one, other)]
    records = [files.json(directory / "provenance.json") for directory in (one, other)]
    return [
        Section("config", [*changes(*configs)]),
        *_made_of(*records),
        Section("results", [*changes(*results)], "" if all(results) else "not both have any"),
    ]


def told(one: Path, other: Path) -> RenderableType:
    """The same for a terminal."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", shown(one), shown(other)):
        made.add_column(Text(name), overflow="fold")
    same: list[str] = []
    for section in diff(one, other):
        if not section.rows and not section.note:
            same.append(section.name)
            continue
        made.add_row(Text(section.name, style="bold"), Text(section.note))
        for name, before, after in section.rows:
            made.add_row(Text(f"  {name}"), Text(before, style="red"), Text(after, style="green"))
    return Stack(made, *([Text(f"the same: {', '.join(same)}", style="dim")] if same else []))


def _made_of(one: dict[str, Any], other: dict[str, Any]) -> Iterator[Section]:
    if not one or not other:
        yield Section("code", [], "not both have recorded what they were made of")
        return
    said = code_changes({"code": mapping(one.get("code"))}, {"code": mapping(other.get("code"))})
    yield Section("code", [], "; ".join(line.removeprefix("code: ") for line in said))
    for name in (*COMPARED, "packages"):
        yield Section(name, [*changes(mapping(one.get(name)), mapping(other.get(name)))])


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a config by its path; a list is one value."""
    if not isinstance(value, dict) or not value:
        if path:
            yield path, value
        return
    for key, item in cast("dict[object, object]", value).items():
        yield from _flat(item, f"{path}.{key}" if path else str(key))


def _results(found: dict[str, Any]) -> Iterator[tuple[str, float | None]]:
    names = ("value", "best_epoch", "epochs", "steps", "seconds")
    yield from numbers({name: found[name] for name in names if name in found}).items()
    yield from {**numbers(found.get("validation")), **numbers(found.get("test"))}.items()
