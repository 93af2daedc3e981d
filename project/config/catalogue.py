"""`python configs.py`: every option and preset of the catalogue, composed and checked."""

import argparse
import gc
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from project.config.command import arguments, reviews
from project.config.group import groups
from project.config.hydras import ENGINES
from project.config.root import presets, slots
from project.problem import Problem


@dataclass(frozen=True)
class Row:
    """One choice, as it would be typed, and what is wrong with it."""

    choice: str
    problems: list[Problem] = field(default_factory=list[Problem])


def choices() -> Iterator[str]:
    """Every option of every slot, every preset, and every pair of presets."""
    for name, group in slots().items():
        yield from (f"{name}=[{option}]" if group.many else f"{name}={option}" for option in group.options)
    for name in groups.keys() & {*ENGINES}:
        yield from (f"{name}={option}" for option in groups[name].options)
    for name, options in presets().items():
        yield from (f"{name}=[{option}]" for option in options)
        yield from (f"{name}=[{','.join(pair)}]" for pair in itertools.permutations(options, 2))


def verify(chosen: Iterable[str]) -> list[Row]:
    """Compose and check the default run with each choice; those that hide nothing of one another together."""
    chosen = list(chosen)
    found = {choice: problems for together in _compatible(chosen) for choice, problems in _verified(together)}
    return [Row(choice, found[choice]) for choice in chosen]


def _compatible(chosen: Iterable[str]) -> Iterator[Sequence[str]]:
    """The first choice of each slot, the second of each, and so on; then likewise those of each group of presets."""
    by_key = dict[str, list[str]]()
    for choice in chosen:
        by_key.setdefault(choice.partition("=")[0], []).append(choice)
    for of_presets in (False, True):
        lists = [found for key, found in by_key.items() if (key in presets()) is of_presets]
        yield from ([choice for choice in row if choice] for row in itertools.zip_longest(*lists))


def _verified(together: Sequence[str]) -> Iterator[tuple[str, list[Problem]]]:
    _, reviewed = reviews(arguments(["--multirun", *together]))  # of spaces, each end
    found = list(dict.fromkeys(problem for _, problems in reviewed for problem in problems))
    if found and len(together) > 1:  # whose mistake it is, each alone tells
        for choice in together:
            yield from _verified([choice])
    else:
        yield from ((choice, found) for choice in together)


def main(argv: list[str] | None = None) -> None:
    """Check the whole catalogue, print what was found, and exit with 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the rows as JSON")
    form.add_argument("--github", action="store_true", help="print the problems as annotations of a GitHub workflow")
    given = parser.parse_args(argv)
    gc.freeze()  # or the collector looks through all of torch again and again
    idle = groups.keys() - slots().keys() - {*ENGINES}
    rows = [*verify(choices()), *(Row(name, [Problem(name, "no field of the root takes this group")]) for name in idle)]
    show = _json if given.json else _github if given.github else _table
    sys.stdout.write("\n".join(show(rows)) + "\n")
    sys.exit(1 if any(row.problems for row in rows) else 0)


def _table(rows: list[Row]) -> Iterator[str]:
    width = max(len(row.choice) for row in rows)
    for row in rows:
        yield f"{row.choice:<{width}}  {'wrong' if row.problems else 'ok'}"
        for problem in row.problems:
            yield from (f"    {line}" for line in str(problem).splitlines())
    wrong = sum(bool(row.problems) for row in rows)
    yield f"{len(rows)} choices, {wrong} wrong"


def _json(rows: list[Row]) -> Iterator[str]:
    yield json.dumps([{"choice": row.choice, "problems": list(map(_plain, row.problems))} for row in rows], indent=2)


def _plain(problem: Problem) -> dict[str, str]:
    site = str(problem.site) if problem.site else ""
    return {"path": problem.path, "what": problem.what, "hint": problem.hint, "site": site}


def _github(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        for problem in row.problems:
            place = f" file={problem.site.shown},line={problem.site.line}" if problem.site else ""
            text = f"{row.choice}: {problem.path}: {problem.what} {problem.hint}".strip()
            yield f"::error{place}::{text.translate({37: '%25', 13: '%0D', 10: '%0A'})}"
