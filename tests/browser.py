"""A real browser, in which the tests look at pages."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

import pytest

_BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_PATIENCE_S = 90
_STARTS = 3

in_a_browser = pytest.mark.skipif(_BROWSER is None, reason="needs Chromium or Chrome")


class Shown(NamedTuple):
    """What a browser has made of a page, and what it said meanwhile."""

    page: str
    said: str


def shown(address: str, home: Path, *flags: str) -> Shown:
    """What a browser shows at an address.

    Now and then one starts and does nothing: another takes its place.

    Args:
        address: of the page.
        home: a directory for what the browsers keep.
        flags: more of Chromium's.
    """
    assert _BROWSER is not None
    for start in range(_STARTS):
        command = [_BROWSER, *_FLAGS, f"--user-data-dir={home / str(start)}", *flags, "--dump-dom", address]
        found = _ended(command)
        if found is not None:
            return found
    raise TimeoutError(f"{_STARTS} browsers, of {_PATIENCE_S} s each, did not show {address}")


def _ended(command: list[str]) -> Shown | None:
    """What a browser wrote; None of one that did not end by itself."""
    # Into files: of a pipe, the browser's own processes would hold the other end when it has been killed.
    with TemporaryFile("w+") as page, TemporaryFile("w+") as said:
        browser = subprocess.Popen(command, stdout=page, stderr=said, start_new_session=True)
        try:
            browser.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
        page.seek(0)
        said.seek(0)
        return Shown(page.read(), said.read())
