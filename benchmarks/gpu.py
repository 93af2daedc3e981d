"""Training on a GPU, ours with each override beside loops by hand: `python -m benchmarks gpu`.

Timed are the steps of an epoch, with all that the device was asked for done at both ends; the first epochs, in which
models are compiled and graphs captured, are left out. The ways take turns; figures are medians. The share of the peak
is that of what the same card reaches in the product of two large matrices of the same numbers.

`python -m benchmarks.gpu cpu` tries the code out on a few batches; its figures mean nothing.
"""

import logging
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from hydra import compose
from lightning import Callback, LightningModule, Trainer, seed_everything

from benchmarks.by_hand import How, by_hand, flops, peak
from benchmarks.loops import EXAMPLES, Make, now, ours
from project.config.hydras import composing
from project.model import MLP, ResNet
from train import assemble

GOALS = 0.90, 0.93
COMPILED = "compile=true", "compile=reduce-overhead"
ALL = "channels_last=true", "compile=reduce-overhead"
WARM_UP = 2
"""Epochs that are not counted: in the first the model is compiled, in the second its last graph is captured."""


class Scale(NamedTuple):
    """How much is measured: examples an epoch, batch sizes, the matrices of the peak, and what a recipe is cut to."""

    examples: int
    mlp: int
    resnet: int
    side: int
    turns: int
    recipe: tuple[str, ...] = ()


CUT = "datamodule.source=bundled", "trainer.max_epochs=1", "trainer.limit_train_batches=2"
SCALES = {
    "cuda": Scale(EXAMPLES, mlp=256, resnet=512, side=8192, turns=5),
    "cpu": Scale(16, mlp=8, resnet=4, side=64, turns=1, recipe=CUT),
}
Way = Callable[[Make, int, int, int], list[float]]


def main(kind: str = "cuda") -> int:
    """Print the tables, and return the status: 2 where there is nothing to measure."""
    if kind == "cuda" and not torch.cuda.is_available():
        say("torch finds no GPU here, so that there is nothing to measure.")
        return 2
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    scale, device = SCALES[kind], torch.device(kind, 0)
    card = torch.cuda.get_device_name(device) if kind == "cuda" else "a trial on the CPU, whose figures mean nothing"
    say(f"{card}, torch {torch.__version__}, {scale.turns} turns")
    single, half = How(device, half=False, channels_last=False), How(device, half=True, channels_last=True)
    table("MLP 784-128-10", partial(MLP, 784, 10, 128), scale.mlp, scale, single)
    table("ResNet-18, bf16", partial(ResNet, 1, 10, 18), scale.resnet, scale, half)
    to_accuracy(device, scale)
    return 0


def ways(how: How) -> dict[str, Way]:
    """Those by hand, and ours with each override that changes something."""
    trainer = "trainer=gpu" if how.device.type == "cuda" else "trainer=cpu"
    common = (trainer, *(["trainer.precision=bf16-mixed"] if how.half else []))
    lines: list[tuple[str, ...]] = [(), *((override,) for override in COMPILED)]
    lines += [("channels_last=true",), ALL] if how.channels_last else []
    return {
        "by hand": partial(by_hand, how=how),
        "by hand, reduce-overhead": partial(by_hand, how=how._replace(way="compiled")),
        "by hand, a step is a graph": partial(by_hand, how=how._replace(way="graph")),
        **{" ".join(("ours", *line)): partial(ours, line=(*common, *line)) for line in lines},
    }


def table(name: str, make: Make, size: int, scale: Scale, how: How) -> None:
    """Let the ways take turns, and print for each the median, its ratio and its share of the card's peak."""
    known, steps = ways(how), scale.examples // size
    seconds: dict[str, list[float]] = {way: [] for way in known}
    for _ in range(scale.turns):
        for way, run in known.items():
            seconds[way] += run(make, size, steps, WARM_UP + 2)[WARM_UP:]
    of_a_step, most = flops(make, size), peak(how.device, how.half, scale.side)
    base = median(seconds["by hand"])
    say(f"\n{f'{name}, batch {size}':<58}{'samples/s':>12}{'x by hand':>11}{'of the peak':>13}")
    for way, each in seconds.items():
        speed, share = steps * size / median(each), of_a_step * steps / median(each) / most
        say(f"{way:<58}{speed:>12.0f}{base / median(each):>11.2f}{share:>13.2%}")


class Reached(Callback):
    """Notes the seconds from the start of a fit until a validation first reaches each goal."""

    def __init__(self) -> None:
        self.seconds = dict[float, float]()
        self._begun = 0.0

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock, before anything is compiled."""
        self._begun = now(pl_module.device)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at it."""
        accuracy = float(trainer.callback_metrics["val/accuracy"])
        for goal in GOALS:
            if accuracy >= goal and not trainer.sanity_checking:
                self.seconds.setdefault(goal, now(pl_module.device) - self._begun)


def to_accuracy(device: torch.device, scale: Scale) -> None:
    """Print how long the recipe for 93% takes to each accuracy of validation, compilation and validations included."""
    lines: dict[str, tuple[str, ...]] = {"as it is": (), "bf16-mixed": ("trainer.precision=bf16-mixed",)}
    lines["bf16-mixed, compiled, channels last"] = (*lines["bf16-mixed"], "channels_last=true", "compile=true")
    found: dict[str, list[dict[float, float]]] = {name: [] for name in lines}
    for turn in range(min(3, scale.turns)):
        for name, line in lines.items():
            found[name].append(recipe(device, turn, *scale.recipe, *line))
    say(f"\n{'experiment=fashion_mnist_93':<58}" + "".join(f"{f's to {goal:.0%}':>12}" for goal in GOALS))
    for name, turns in found.items():
        say(f"{name:<58}" + "".join(f"{_middle([each.get(goal) for each in turns]):>12}" for goal in GOALS))


def recipe(device: torch.device, seed: int, *line: str) -> dict[float, float]:
    """The seconds to each goal that was reached."""
    accelerator = "gpu" if device.type == "cuda" else "cpu"
    seed_everything(seed, verbose=False)
    with tempfile.TemporaryDirectory() as directory, composing():
        own = ["experiment=fashion_mnist_93", f"trainer.accelerator={accelerator}", f"output_dir={directory}"]
        config: Any = compose("config", overrides=[*own, f"seed={seed}", *line])
        datamodule, loop, trainer = assemble(config)
        reached = Reached()
        trainer.callbacks.append(reached)  # type: ignore[attr-defined]  # set by one of its connectors
        (Path(directory) / "checkpoints").mkdir()
        trainer.fit(loop, datamodule=datamodule)
    return reached.seconds


def _middle(turns: Sequence[float | None]) -> str:
    known = [seconds for seconds in turns if seconds is not None]
    return f"{median(known):.1f} ({len(known)}/{len(turns)})" if known else "not reached"


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
