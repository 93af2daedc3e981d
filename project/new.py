"""A project of your own, begun as a copy of this one: `python -m project.new ../vision vision`."""

import argparse
import keyword
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = Path(__file__).parent.name
NAME = re.compile(
    rf"""(?<!\[)\b{PACKAGE}(?=\.\w|\.\*|/|\[)|(?<=from\s){PACKAGE}(?=\simport)|(?<=import\s){PACKAGE}\b"""
    rf"""|(?<=["']){PACKAGE}(?=["'])|^{PACKAGE}(?=\s=\s\[)""",
    re.MULTILINE,
)
"""The package's name where it is one: in imports, paths, dotted names and settings, and not in prose."""


def begin(directory: Path, name: str) -> None:
    """Copy every file that git knows into `directory`, with the package called `name`.

    Raises:
        ValueError: `name` is no name for a package, or `directory` has something in it.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name in sys.stdlib_module_names | {"configs", "train"}:
        raise ValueError(f"'{name}' cannot be the name of a package: take small letters, digits and underscores")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ValueError(f"{directory} has something in it already; name a new directory")
    for file in _files():
        copy = directory / re.sub(rf"^{PACKAGE}(?=/)", name, file)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, copy)
        _rename(copy, name)


def _files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return [file for file in listed.stdout.split("\0") if file and (ROOT / file).is_file()]


def _rename(file: Path, name: str) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # a picture, or data
    file.write_text(NAME.sub(name, text), encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Begin a project from the command line; a user's mistake ends with its explanation and status 2."""
    parser = argparse.ArgumentParser(prog=f"python -m {PACKAGE}.new", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("name", help="of the package, in place of this one's")
    given = parser.parse_args(argv)
    try:
        begin(given.directory, given.name)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.stdout.write(f"{given.directory}: git init, pip install -e '.[dev]' and pytest come next\n")


if __name__ == "__main__":
    main()
