"""Answer command lines by the snapshot in a file, in a process that has imported nothing else.

From stdin, the path of the snapshot's review and the lines; to stdout, of each line its status, what is written to
stdout and to stderr, or null where there is no answer; and the large packages that were imported.
"""

import io
import json
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from project.config.kept.answer import answered

LARGE = "torch", "lightning", "torchvision", "torchmetrics", "matplotlib", "rich"


def answer(review: Any, line: str) -> tuple[int, str, str] | None:
    argv = shlex.split(line)
    sys.argv = ["train.py", *argv]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = answered(review, argv)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return None if status is None else (status, out.getvalue(), err.getvalue())


if __name__ == "__main__":
    path, *lines = json.load(sys.stdin)
    kept = json.loads(Path(path).read_text())
    said = {line: answer(kept, line) for line in lines}
    sys.stdout.write(json.dumps([said, [name for name in LARGE if name in sys.modules]]))
