"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file so that whoever reads it meanwhile, or after a kill, finds what was there before or all of it.

    Its directory is made if it is not there. Of several processes that write the same file, the last one's stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content.encode() if isinstance(content, str) else content)
    return draft.replace(path)
