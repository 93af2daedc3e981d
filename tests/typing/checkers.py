"""mypy and pyright over the snippets of `wrong/` and `right/`, one run of each, and the marks in the snippets."""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
WRONG = sorted(HERE.glob("wrong/*.py"))
RIGHT = sorted(HERE.glob("right/*.py"))

MISTAKES: Mapping[str, set[str]] = {
    "mypy": {
        "abstract",
        "arg-type",
        "assignment",
        "attr-defined",
        "call-arg",
        "call-overload",
        "dict-item",
        "index",
        "list-item",
        "misc",
        "type-var",
    },
    "pyright": {
        "reportAbstractUsage",
        "reportArgumentType",
        "reportAssignmentType",
        "reportAttributeAccessIssue",
        "reportCallIssue",
        "reportIndexIssue",
    },
}
"""What a checker calls a call that does not fit; a marked line flagged for an unused name only is not flagged."""

_MARK = re.compile(r"  # wrong(?:: (?P<what>.+))?$")


@dataclass(frozen=True)
class Snippet:
    """One line with a planted mistake."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{Path(self.file).stem}: {self.what}"


@dataclass(frozen=True)
class Remark:
    """What a checker says of one line."""

    checker: str
    file: str
    line: int
    rule: str
    text: str

    @property
    def of_a_mistake(self) -> bool:
        """Whether this is about a call that does not fit."""
        return self.rule in MISTAKES[self.checker]


def snippets(files: Iterable[Path] = WRONG) -> list[Snippet]:
    """Every marked line of `files`."""
    lines = ((path, number, line) for path in files for number, line in enumerate(path.read_text().splitlines(), 1))
    marks = ((path, number, _MARK.search(line)) for path, number, line in lines)
    return [Snippet(path.name, number, mark["what"] or f"line {number}") for path, number, mark in marks if mark]


def remarks() -> list[Remark]:
    """What both checkers, run side by side with the project's own settings, say of all snippets."""
    files = [str(path.relative_to(REPOSITORY)) for path in [*WRONG, *RIGHT]]
    with ThreadPoolExecutor() as pool:
        found = [pool.submit(_mypy, files), pool.submit(_pyright, files)]
    return [remark for said in found for remark in said.result()]


def dump(found: Iterable[Remark]) -> str:
    """`found` as text."""
    return json.dumps([asdict(remark) for remark in found])


def load(text: str) -> list[Remark]:
    """The remarks that `dump` wrote."""
    return [Remark(**fields) for fields in json.loads(text)]


def _mypy(files: list[str]) -> list[Remark]:
    said = _output("mypy", "-m", "mypy", "--output", "json", *files)
    found: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    return [
        Remark("mypy", Path(item["file"]).name, item["line"], item["code"], item["message"])
        for item in found
        if item["severity"] == "error" and item["file"] in files
    ]


def _pyright(files: list[str]) -> list[Remark]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        config = directory / "pyrightconfig.json"
        config.write_text(json.dumps(_pyright_settings(files, os.path.relpath(REPOSITORY, directory))))
        command = ("-m", "pyright", "--project", str(config), "--pythonpath", sys.executable, "--outputjson")
        said = json.loads(_output("pyright", *command))
    if said["summary"]["filesAnalyzed"] < len(files):
        raise RuntimeError(f"pyright looked at {said['summary']['filesAnalyzed']} of {len(files)} files")
    found: list[dict[str, Any]] = said["generalDiagnostics"]
    return [
        Remark("pyright", Path(item["file"]).name, _line(item), item.get("rule", "syntax"), item["message"])
        for item in found
        if item["severity"] in ("error", "warning")
    ]


def _pyright_settings(files: list[str], root: str) -> dict[str, Any]:
    """The project's own, less what keeps the planted mistakes out of its own run: it does so for named files too."""
    own: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["pyright"]
    include = [f"{root}/{file}" for file in files]
    return own | {"include": include, "exclude": list[str](), "executionEnvironments": [{"root": root}]}


def _line(item: dict[str, Any]) -> int:
    first: int = item["range"]["start"]["line"]
    return first + 1


def _output(checker: str, *command: str) -> str:
    """What the checker says; 0 and 1 are its verdicts, everything else is a failure of its own."""
    done = subprocess.run([sys.executable, *command], cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise RuntimeError(f"{checker} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
