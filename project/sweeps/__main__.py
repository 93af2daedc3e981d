"""What a sweep found: `python -m project.sweeps multirun/2026-11-23/18-54-45`."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from project.console import plain, write

from .best import command_line
from .diff import told
from .formats import as_csv, as_json, as_markdown
from .page import as_html
from .record import NAME
from .sweep import Sweep, read
from .table import figure, shown, table

PROGRAM = f"python -m {__package__}"
MULTIRUN = "multirun"
"""Below which Hydra makes a directory for each sweep, as DATE/TIME."""
_MARKS = NAME, "multirun.yaml"
"""Files in a sweep's directory: ours, and Hydra's."""
FORMATS: dict[str, tuple[Callable[[Sweep], str], str]] = {
    "csv": (as_csv, "a row a job, with all its metrics"),
    "json": (as_json, "everything that is known"),
    "markdown": (as_markdown, "the tables, for an issue or a page"),
    "html": (as_html, "a page of tables and charts that needs no network"),
}
_UNWRAPPED = 10_000
"""Columns where there is no terminal, so that a job is a line for grep, sort and head."""


class UsageError(Exception):
    """A user's mistake, with what to do about it."""


def main(argv: Sequence[str] | None = None) -> None:
    """Answer a command line; a user's mistake ends with its explanation and status 2."""
    words = list(sys.argv[1:] if argv is None else argv)
    commands = {"best": _best, "diff": _diff}
    command = commands.get(words[0]) if words else None
    try:
        if command is None:
            _refuse_misspelt(words, commands)
            _show(words)
        else:
            command(words[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # as of `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, UsageError) as error:
        told = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.errno else str(error)
        sys.stderr.write(f"{told}\n")
        sys.exit(2)


def _show(words: list[str]) -> None:
    usage = f"{PROGRAM} [DIR] [--csv | --json | --markdown | --html] [-o FILE]"
    usage += f"\n       {PROGRAM} best [DIR]\n       {PROGRAM} diff RUN RUN"
    epilog = "best prints the command line that repeats the best job; diff says what differs between two runs."
    parser = argparse.ArgumentParser(PROGRAM, usage, description=__doc__, epilog=epilog, allow_abbrev=False)
    _directory(parser)
    form = parser.add_mutually_exclusive_group()
    for name, (_, said) in FORMATS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=said)
    said = "- for standard output, which it is if none is given; of --html, DIR/sweep.html"
    parser.add_argument("-o", "--output", metavar="FILE", help=said)
    given = _parsed(parser, words)
    sweep = _sweep(given.directory)
    output = given.output or (str(sweep.directory / "sweep.html") if given.form == "html" else "-")
    if output == "-" and given.form is None:
        write(table(sweep), _UNWRAPPED)
    elif output == "-":
        sys.stdout.write(FORMATS[given.form][0](sweep))
    else:
        made = FORMATS[given.form][0](sweep) if given.form else f"{plain(table(sweep), _UNWRAPPED)}\n"
        Path(output).write_text(made, encoding="utf-8")
        sys.stdout.write(f"{shown(Path(output))}\n")


def _best(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} best", description="Print what repeats the best job.")
    _directory(parser)
    sweep = _sweep(_parsed(parser, words).directory)
    if sweep.best is None:
        states = ", ".join(f"{count} {state}" for state, count in sweep.counts.items())
        raise UsageError(f"no job of {shown(sweep.directory)} has finished with a value: {states}")
    value = f"{sweep.best.monitor} {figure(sweep.best.value)}"
    sys.stderr.write(f"job {sweep.best.name}, {value}, {shown(sweep.best.directory)}\n")
    sys.stdout.write(f"{command_line(sweep, sweep.best)}\n")


def _diff(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} diff", description="Say what differs between two runs.")
    parser.add_argument("runs", metavar="RUN", type=Path, nargs=2, help="a run's directory")
    one, other = _parsed(parser, words).runs
    for directory in (one, other):
        _refuse_missing(directory)
    write(told(one, other), _UNWRAPPED)


def _directory(parser: argparse.ArgumentParser) -> None:
    said = f"of a sweep, or above runs; the newest sweep in {MULTIRUN} if none"
    parser.add_argument("directory", metavar="DIR", type=Path, nargs="?", help=said)


def _parsed(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    given, unknown = parser.parse_known_args(words)
    if unknown:
        options = [*(f"--{name}" for name in FORMATS), "--output", "--help"]
        hints = [_did_you_mean(word, options) for word in unknown]
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{''.join(hints)}")
    return given


def _sweep(directory: Path | None) -> Sweep:
    if directory is None:
        marks = [mark for at in ("*", "*/*") for name in _MARKS for mark in Path(MULTIRUN).glob(f"{at}/{name}")]
        if not marks:
            raise UsageError(f"there is no sweep in {MULTIRUN}; name its directory")
        directory = max(marks, key=lambda path: path.stat().st_mtime).parent
    _refuse_missing(directory)
    return read(directory)


def _refuse_misspelt(words: list[str], commands: Iterable[str]) -> None:
    if words and not Path(words[0]).exists() and (hint := _did_you_mean(words[0], commands)):
        raise UsageError(f"there is no directory and no command '{words[0]}'{hint}")


def _refuse_missing(directory: Path) -> None:
    if directory.is_dir():
        return
    if directory.exists():
        raise UsageError(f"{directory} is a file; name the directory that it is in")
    missing = directory
    while not missing.parent.is_dir():
        missing = missing.parent
    others = {path.name: str(path) for path in missing.parent.iterdir() if path.is_dir()}
    near = get_close_matches(missing.name, others, 1)
    hint = f"\n    Did you mean '{others[near[0]]}'?" if near else ""
    raise UsageError(f"there is no directory '{directory}'{hint}")


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), 1)
    return f"\n    Did you mean '{near[0]}'?" if near else ""


if __name__ == "__main__":
    main()
