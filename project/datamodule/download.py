"""Fetching a dataset's files from torchvision's mirrors, within a bounded time and without a word on the terminal.

torchvision's own `MNIST.download` waits for a silent host without end, asks every mirror again for each file, prints a
progress bar and writes under the final name. Its list of mirrors is what is taken from it.
"""

import gzip
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from http.client import HTTPException
from importlib import import_module
from threading import Thread
from typing import Any, TypeVar

from .published import CorruptFileError, PublishedFile

T = TypeVar("T")

SILENCE_S = 8.0
"""Seconds that a host may stay silent, name resolution and connection included."""
FILE_S = 600.0
"""Seconds that one file may take."""


def mirrors(dataset: str) -> list[str]:
    """The base URLs of torchvision's class `dataset`, each ending in a slash."""
    # Imported here: torchvision costs seconds, and most runs download nothing.
    datasets: Any = import_module("torchvision.datasets")
    published = getattr(datasets, dataset)
    return list(published.mirrors) if hasattr(published, "mirrors") else [published.url.rpartition("/")[0] + "/"]


def download(
    dataset: str, files: Iterable[PublishedFile], silence_s: float = SILENCE_S
) -> tuple[dict[str, bytes], dict[str, str], list[str]]:
    """Fetch the verified contents of `files`.

    A mirror that cannot be reached is not asked for a second file.

    Returns:
        Contents by file name, the URL of each by file name, and one line a failure.
    """
    contents: dict[str, bytes] = {}
    origins: dict[str, str] = {}
    failures: list[str] = []
    wanted = list(files)
    for mirror in mirrors(dataset):
        for file in (file for file in wanted if file.name not in contents):
            url = f"{mirror}{file.published}"
            try:
                contents[file.name] = fetch(file, url, silence_s)
                origins[file.name] = url
            except CorruptFileError as error:
                failures.append(str(error))
            except (OSError, HTTPException) as error:
                failures.append(f"{url}: {error}")
                break
    return contents, origins, failures


def fetch(file: PublishedFile, url: str, silence_s: float = SILENCE_S) -> bytes:
    """Download one file, and decompress it where upstream has it gzipped.

    Raises:
        OSError, HTTPException: the host cannot be reached, is too slow, or answers no HTTP.
        CorruptFileError: what came is not the file.
    """
    content = _read(url, silence_s)
    try:
        content = gzip.decompress(content) if file.gzipped else content
    except (OSError, EOFError, zlib.error) as error:
        raise CorruptFileError(f"{url} sent something that is not gzip: {error}") from error
    if why := file.problem(content):
        raise CorruptFileError(f"{url} sent another file: it {why}")
    return content


def _read(url: str, silence_s: float) -> bytes:
    deadline = time.monotonic() + FILE_S
    chunks: list[bytes] = []
    # urllib's timeout counts each address of a host anew and name resolution not at all: the thread bounds their sum.
    # S310: the URLs are torchvision's, and whatever answers is checked by its sha256.
    with _within(silence_s, lambda: urllib.request.urlopen(url, timeout=silence_s)) as response:  # noqa: S310
        while chunk := response.read(1 << 16):
            chunks.append(chunk)
            if time.monotonic() > deadline:
                raise TimeoutError(f"not finished after {FILE_S:.0f} s")
    return b"".join(chunks)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`, or a TimeoutError; a call too slow is left to a thread that ends with the process."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # handed to the waiting thread, which raises it
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError as error:
        raise TimeoutError(f"no answer within {seconds:g} s") from error
