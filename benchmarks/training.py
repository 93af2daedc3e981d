"""The cost of a training step, as a multiple of that of a loop by hand: `python -m benchmarks.training`.

Timed are the training steps of an epoch, from its first batch to its last one's end: fetching and normalising a batch,
forward, backward, the optimizer's step, and all that the way of training adds to each step. Not timed: the first epoch,
start-up, validation and checkpoints. The ways take turns, and each is compared to the loop by hand of its own turn: a
machine may be faster in one turn than in the next. Figures are medians over the turns.
"""

import logging
import sys
import warnings
from collections.abc import Callable
from functools import partial
from statistics import median

import torch

from benchmarks.loops import EXAMPLES, Make, bare, fabric, ours, raw, template
from project.model import MLP, ResNet

Way = Callable[[Make, int, int, int], list[float]]
WAYS: dict[str, Way] = {
    "raw PyTorch": raw,
    "Fabric": fabric,
    "Lightning, nothing on": bare,
    "usual template": template,
    "ours, everything on": ours,
    "ours, a step at a time": partial(ours, line=("trainer=cpu", "steps_per_round=1")),
}
ONE_BY_ONE = 40
"""Steps of the usual template, which needs no more to be timed."""


def main(turns: int = 5, threads: int | None = None) -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(threads or torch.get_num_threads())
    # As a run does; what a step costs would else depend on how many came before it, in each of the ways.
    torch.set_flush_denormal(True)
    say(f"{torch.get_num_threads()} threads, torch {torch.__version__}, {turns} turns")
    for size in 64, 256, 1024:
        table(f"MLP 784-128-10, batch {size}", partial(MLP, 784, 10, 128), size, EXAMPLES // size, turns)
    for size in 64, 256:
        table(f"ResNet-18, batch {size}", partial(ResNet, 1, 10, 18), size, 4, 1)


def table(name: str, make: Make, size: int, steps: int, turns: int) -> None:
    """Let the ways take turns, and print the median of each and of its ratio."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(turns):
        for way, run in WAYS.items():
            few = min(steps, ONE_BY_ONE) if run is template else steps
            seconds[way].append(median(run(make, size, few, 3)[1:]) / few)
    say(f"\n{name:<26}{'ms a step':>12}{'x raw':>8}")
    for way, each in seconds.items():
        ratios = [one / base for one, base in zip(each, seconds["raw PyTorch"], strict=True)]
        say(f"{way:<26}{1e3 * median(each):>12.3f}{median(ratios):>8.2f}")


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
