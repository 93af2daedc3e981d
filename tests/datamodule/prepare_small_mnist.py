"""Prepares SmallMNIST in the directory given, after a wait for the file `go` beside it; prints what served."""

import sys
import time
from pathlib import Path

from image_places import SmallMNIST

data_dir = Path(sys.argv[1])
data = SmallMNIST(data_dir, source="full")
print("ready", flush=True)  # noqa: T201
while not (data_dir / "go").exists():
    time.sleep(0.001)
data.prepare_data()
data.setup("fit")
print(data.source_used, flush=True)  # noqa: T201
