"""What an option costs, of 10 to 1,000: to be written, composed, checked and built, in milliseconds of a CPU.

Every size is measured in a process of its own, with a group of many of which every option is chosen. The constant part
is Hydra's own settings.
"""

import gc
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import Any

from project.config import Group, build, check, conf, root
from project.config.composer import Composer
from project.config.hydras import composing

SIZES = 10, 30, 100, 300, 1000


class Part:
    """A component of five parameters."""

    def __init__(
        self, width: int = 8, rate: float = 0.1, name: str = "a", bias: bool = True, depth: int | None = None
    ) -> None:
        self.width = width


def main() -> None:
    """Print a line a size."""
    sys.stdout.write("milliseconds an option\noptions   write  compose   check   build\n")
    for size in SIZES:
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", "benchmarks.composing", str(size)], check=True)  # noqa: S603


def measure(size: int) -> None:
    """Print the line of a size."""
    spent: list[float] = []

    def timed(call: Callable[[], Any]) -> Any:
        start = process_time()
        made = call()
        spent.append((process_time() - start) / size * 1e3)
        return made

    timed(lambda: register(size))
    gc.freeze()  # as a run does with what it has imported
    with composing():
        composer = Composer("config")
        config = timed(lambda: composer([]))
    timed(lambda: check(config))
    timed(lambda: build(config.parts))
    sys.stdout.write(f"{size:>7}  {spent[0]:6.2f}  {spent[1]:7.2f}  {spent[2]:6.2f}  {spent[3]:6.2f}\n")


def register(size: int) -> None:
    """A catalogue of that many options."""
    entries = {f"option_{index}": conf(Part)(width=index) for index in range(size)}
    group = Group[Part]("parts", many=True, **entries)

    @root
    @dataclass
    class Config:  # pyright: ignore[reportUnusedClass]  # it is registered
        parts: dict[str, Part] = group.defaults(*entries)


if __name__ == "__main__":
    measure(int(sys.argv[1]))
