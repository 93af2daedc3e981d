"""What a training takes of the machine's memory, as a multiple of a loop by hand: `python -m benchmarks.memory`.

Each way trains in a process of its own, whose greatest resident size the kernel tells. The images are the same 43 MB in
all of them.
"""

import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial

SIZE = 64
"""B, images a batch."""
MODELS = "MLP 784-128-10", "ResNet-18"


def main() -> None:
    """Print a line for each way."""
    say(f"{'':<20}{'way':<24}{'MiB':>8}{'x raw':>8}")
    for model in MODELS:
        base = 0.0
        for way in ("imports alone", "raw PyTorch", "Lightning, nothing on", "usual template", "ours, everything on"):
            command = [sys.executable, "-m", "benchmarks.memory", model, way]
            took = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])  # noqa: S603
            base = took if way == "raw PyTorch" else base
            say(f"{model:<20}{way:<24}{took:>8.0f}{f'{took / base:>8.2f}' if base else ''}")


def measure(model: str, way: str) -> None:
    """Train in one way, and print the MiB that it took at most."""
    warnings.simplefilter("ignore")
    from benchmarks.loops import Make, bare, ours, raw, template  # torch, which only a child needs
    from project.model import MLP, ResNet

    make: Make = partial(MLP, 784, 10, 128) if model == MODELS[0] else partial(ResNet, 1, 10, 18)
    steps = 100 if model == MODELS[0] else 2
    ways: dict[str, Callable[..., object]] = {
        "raw PyTorch": raw,
        "Lightning, nothing on": bare,
        "usual template": template,
        "ours, everything on": partial(ours, validates=True),
    }
    if way in ways:
        ways[way](make, SIZE, steps, 2)
    say(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
