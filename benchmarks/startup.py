"""The first keystroke: help, the composed config, completion, a rejection, and the time to the first training step.

Each is measured as a process from its start to its end, in turns, and told as a multiple of the same app as plain YAML
Hydra: the whole catalogue, one file an option. The time to the first step is told as a multiple of what it takes a
script that imports torch and Lightning, and trains the same model on random numbers.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

import configs as configs  # the catalogue that is written as YAML
from project.config.hydras import is_ours
from project.config.kept.entries import nodes_of

ROOT = Path(__file__).parents[1]
TRAIN = str(ROOT / "train.py")
FIRST_STEP = str(Path(__file__).with_name("first_step.py"))
ASKED = {
    "--help": ["--help"],
    "--cfg job": ["--cfg", "job"],
    "TAB": ["-sc", "query=bash"],
    "a misspelt key": ["model=mlp", "model.hiden_dim=64"],
    "a wrong type": ["model=mlp", "model.hidden_dim=big"],
}
RUN = FIRST_STEP, TRAIN, "trainer=cpu"
COLD = "ours, without a snapshot"
BY_HAND = "by hand, to the first step"
NOWHERE = {"XDG_CACHE_HOME": os.devnull}
"""The environment of a start that finds no snapshot."""
YAML_APP = """
import hydra

@hydra.main(config_path="conf", config_name="config", version_base=None)
def main(config):
    raise SystemExit(config.nothing)  # the rejection of what the app itself does not know

if __name__ == "__main__":
    main()
"""
CLI = """
from lightning.pytorch.cli import LightningCLI
from lightning.pytorch.demos.boring_classes import BoringDataModule, DemoModel

LightningCLI(DemoModel, BoringDataModule)
"""


def main(turns: int = 7) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as place:
        yaml, cli = Path(place, "app.py"), Path(place, "cli.py")
        yaml.write_text(YAML_APP)
        cli.write_text(CLI)
        write_yaml(Path(place, "conf"))
        environment = {"XDG_CACHE_HOME": place, "COMP_LINE": "python train.py model=", "PYTHONDONTWRITEBYTECODE": ""}
        warm(place, environment)
        for name, words in ASKED.items():
            ways = {"YAML Hydra": [str(yaml), *words], "ours": [TRAIN, *words]}
            if name == "--help":
                ways["LightningCLI"] = [str(cli), *words]
            table(name, interleaved(ways, place, environment, turns))
        first_step(place, environment, turns)


def first_step(place: str, environment: dict[str, str], turns: int) -> None:
    """Print how long it takes to import by hand, and to the first training step, by hand and by the default run."""
    modules = "torch", "torch, lightning"
    ways = {f"by hand, import {each}": ["-c", f"import os, {each}; os._exit(0)"] for each in modules}
    ways |= {BY_HAND: [FIRST_STEP], "ours, to the first step": [*RUN]}
    ways |= {"ours, images that come along": [*RUN, "datamodule.source=bundled"]}
    ways |= {"ours, without preflight": [*RUN, "preflight=false"], COLD: [*RUN]}
    table("start of a run", interleaved(ways, place, environment, turns), BY_HAND)


def write_yaml(folder: Path) -> None:
    """The catalogue as it would be written for Hydra without this layer."""
    for path, node in nodes_of(ConfigStore.instance().repo):
        if not is_ours(node) or path.startswith("hydra/"):
            continue
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        header = f"# @package {node.package}\n" if node.package else ""
        container: Any = OmegaConf.to_container(node.node, resolve=False)
        container.pop("hydra", None)
        text = OmegaConf.to_yaml(container)
        file.write_text(header + re.sub(r"^- override hydra/.*\n", "", text, flags=re.MULTILINE))


def warm(place: str, environment: Mapping[str, str]) -> None:
    """Start once, and wait for the snapshot."""
    timed([TRAIN, "--help"], place, environment)
    while not list(Path(place).glob("project/*.json")):
        sleep(0.2)


def interleaved(
    ways: Mapping[str, Sequence[str]], place: str, environment: dict[str, str], turns: int
) -> dict[str, list[tuple[float, float]]]:
    """The seconds that each way takes, and of a CPU, in turns, after one that does not count."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, words in ways.items():
            seconds = timed(words, place, environment | (NOWHERE if name == COLD else {}))
            found[name] += [seconds] if turn else []
    return found


def timed(words: Sequence[str], place: str, environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds from the start to the end of a process, and the seconds of a CPU that it took."""
    before, start = os.times(), perf_counter()
    command = [sys.executable, *words]
    subprocess.run(command, cwd=place, env=os.environ | environment, capture_output=True)  # noqa: S603
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return perf_counter() - start, cpu


def table(name: str, found: Mapping[str, Sequence[tuple[float, float]]], base: str = "YAML Hydra") -> None:
    """Print the medians, and their ratios to that of the base."""
    medians = {way: (median(s for s, _ in seconds), median(c for _, c in seconds)) for way, seconds in found.items()}
    for way, (seconds, cpu) in medians.items():
        ratios = f"{seconds / medians[base][0]:5.2f} x  (CPU {cpu:5.2f} s, {cpu / medians[base][1]:5.2f} x)"
        sys.stdout.write(f"{name:<16} {way:<36} {seconds:6.2f} s  {ratios}\n")
    sys.stdout.flush()
