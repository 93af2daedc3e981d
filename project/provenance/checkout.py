"""The code that runs, as git knows it, and what of it git does not know."""

import hashlib
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

_TIMEOUT_S = 10
_ANOTHER_REPOSITORY = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX"})
_LARGEST_DIFF = 20 * 2**20
"""Bytes; what is larger is no longer a change of code."""
_STATUS = "status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z"
_DIFF = "diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv"
_REMOTE = "remote", "get-url", "origin"
_FIELDS = {"1": 8, "2": 9, "u": 10}
"""Before the name, in a line of the status of a file that git knows: changed, renamed, or in conflict."""


class Checkout(NamedTuple):
    """A working copy.

    Attributes:
        facts: `commit`, `branch`, `remote`, the names of `changed` and of `untracked` files, and the sha256 of the
            `untracked_code` among these; or `unknown`, and why.
        diff: the changes that are not committed, as `git apply` takes them; None when there are none.
    """

    facts: dict[str, object]
    diff: bytes | None = None


def checkout(directory: Path) -> Checkout:
    """The working copy that holds `directory`; no git, or no repository, is a fact like another."""
    try:
        with ThreadPoolExecutor() as pool:  # at once, since each waits for the disk
            status, diff, remote = pool.map(partial(_git, directory), (_STATUS, _DIFF, _REMOTE))
    except FileNotFoundError:
        return Checkout({"unknown": "git is not installed"})
    except subprocess.TimeoutExpired as error:
        return Checkout({"unknown": f"git did not answer within {error.timeout:g} s"})
    if status.returncode != 0:
        return Checkout({"unknown": status.stderr.decode(errors="replace").strip().partition("\n")[0]})
    facts = _read(status.stdout.decode(errors="replace"), _root(directory))
    if remote.returncode == 0:
        facts["remote"] = without_password(remote.stdout.decode(errors="replace").strip()).partition("?")[0]
    if len(diff.stdout) > _LARGEST_DIFF:
        return Checkout({**facts, "unkept": f"uncommitted changes of {len(diff.stdout):,} bytes"})
    return Checkout(facts, diff.stdout or None)


def without_password(url: str) -> str:
    """A text without the user name, password or token of any address in it."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", url)


def _git(directory: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
    # Inside a git hook some variables point at the repository of the commit, whichever directory is asked about.
    kept = {key: value for key, value in os.environ.items() if key not in _ANOTHER_REPOSITORY}
    environment = {**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(directory), *arguments]
    # S603: the words are ours, and no shell reads them.
    return subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, timeout=_TIMEOUT_S
    )


def _root(directory: Path) -> Path:
    """Below which git's names are."""
    return next((above for above in (directory, *directory.parents) if (above / ".git").exists()), directory)


def _read(status: str, root: Path) -> dict[str, object]:
    lines = status.split("\0")
    heads = dict(line.removeprefix("# ").split(" ", 1) for line in lines if line.startswith("# "))
    untracked = sorted(line.removeprefix("? ") for line in lines if line.startswith("? "))
    changed = sorted(line.split(" ", _FIELDS[line[0]])[-1] for line in lines if line[:2] in {"1 ", "2 ", "u "})
    commit, branch = heads.get("branch.oid", ""), heads.get("branch.head", "")
    return {
        "commit": None if commit == "(initial)" else commit,
        "branch": None if branch == "(detached)" else branch,
        "changed": changed,
        "untracked": untracked,
        "untracked_code": {name: _sha256(root / name) for name in untracked if name.endswith(".py")},
    }


def _sha256(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
