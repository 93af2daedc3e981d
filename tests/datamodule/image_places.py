"""Directories of real Fashion-MNIST files for the tests to find, and a mirror on the loopback to download from."""

import functools
import gzip
import http.server
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from project.datamodule import FashionMNIST
from project.datamodule.fashion_mnist import ARCHIVE, SUBSET
from project.datamodule.source import find

NAMES = [file.name for file in ARCHIVE.files.all()]


class SmallMNIST(FashionMNIST):
    """Fashion-MNIST as if the bundled subset were all of it, so that a test moves 5 MB rather than 55."""

    archive = replace(ARCHIVE, files=SUBSET.files, share="only-in-tests")


@functools.cache
def _full() -> dict[str, bytes]:
    found = find(ARCHIVE, Path("no-such-directory"))
    return found.contents if found.whole else {}


def full_contents() -> dict[str, bytes]:
    """The full set's decompressed files by name; skips the test on a machine without them."""
    return _full() or pytest.skip("the full Fashion-MNIST is not installed on this machine")


@functools.cache
def small_contents() -> dict[str, bytes]:
    return SUBSET.read()


def fill(directory: Path, contents: dict[str, bytes], gzipped: bool = False) -> Path:
    """Write `contents` into `directory`, which is made."""
    directory.mkdir(parents=True)
    for name, content in contents.items():
        if gzipped:
            (directory / f"{name}.gz").write_bytes(gzip.compress(content, compresslevel=1))
        else:
            (directory / name).write_bytes(content)
    return directory


@contextmanager
def mirror(directory: Path) -> Generator[str]:
    """Serve `directory` over HTTP; yields its URL."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
            pass

    handler = functools.partial(Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
