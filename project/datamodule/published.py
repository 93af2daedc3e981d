"""The files that a dataset is published as, each known by its content."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol


class CorruptFileError(Exception):
    """A file exists and cannot be trusted; the message names it and says why."""


@dataclass(frozen=True)
class PublishedFile:
    """One file of a dataset.

    Attributes:
        name: upstream's file name; without `.gz` where what counts is the content inside.
        size: bytes.
        sha256: hexadecimal digest of the content.
        gzipped: whether upstream has it as `name.gz`; size and digest are those of the decompressed content then.
    """

    name: str
    size: int
    sha256: str
    gzipped: ClassVar[bool] = False

    @property
    def published(self) -> str:
        """The name under which upstream has it."""
        return f"{self.name}.gz" if self.gzipped else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which a copy may lie in a directory."""
        return tuple(dict.fromkeys((self.name, self.published)))

    def problem(self, content: bytes) -> str | None:
        """Why `content` is not this file, or None when it is."""
        if len(content) != self.size:
            return f"holds {len(content)} bytes instead of {self.size}"
        digest = hashlib.sha256(content).hexdigest()
        return None if digest == self.sha256 else f"has the sha256 {digest} instead of {self.sha256}"

    def read(self, path: Path) -> bytes:
        """The verified content of `path`, decompressed when this file is `gzipped` and the name ends in `.gz`.

        Raises:
            CorruptFileError: it cannot be read, cannot be decompressed, or is not this file.
        """
        try:
            content = path.read_bytes()
            if self.gzipped and path.suffix == ".gz":
                content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise CorruptFileError(f"{path} cannot be read: {error}") from error
        if why := self.problem(content):
            raise CorruptFileError(f"{path} is corrupt: it {why}")
        return content


class Files(Protocol):
    """What a dataset consists of."""

    def all(self) -> tuple[PublishedFile, ...]:
        """Every file."""
        ...
