"""The rooms of the house and who may import whom; a second test shows that the first one can fail."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG_LIBRARIES = {"hydra", "hydra_zen", "omegaconf"}
ARROWS = {
    *(("loop", "metrics"), ("stages", "results"), ("stages", "pruning")),
    *(("pruning", "study"), ("config", "study")),
    *(("trained", "config"), ("trained", "checkpoint"), ("export", "trained"), ("export", "config")),
    *(("__init__", "trained"), ("faults", "checkpoint")),
    *(("status", "provenance"), ("status", "rank"), ("console", "rank")),
    *((other, "whole") for other in ("provenance", "results", "status", "study", "sweeps")),
    *(("config", "manual"), ("config", "problem"), ("manual", "problem")),
    *(("door", other) for other in ("config", "manual", "problem", "snapshot")),
    *(("rehearsal", other) for other in ("config", "preflight", "problem", "checkpoint")),
    *(("containment", other) for other in ("status", "interruption")),
    *(("ranks", "containment"), ("config", "deferred"), ("preflight", "deferred")),
    *(("config", other) for other in ("containment", "interruption", "provenance", "status", "sweeps")),
    *(("sweeps", other) for other in ("console", "provenance", "status")),
    *(("continuation", other) for other in ("checkpoint", "config", "problem", "provenance", "rank")),
    *(("continuation", other) for other in ("results", "resume")),
}
"""A room imports no other, except that the loop manages the metrics of its phases, and the stages end in results."""


def imported(file: Path) -> Iterator[str]:
    """Every module that `file` imports, absolute."""
    package = file.relative_to(ROOT).with_suffix("").parts if file.is_relative_to(ROOT) else (file.stem,)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package[: -node.level]) if node.level else ""
            yield ".".join(filter(None, (parent, node.module)))


def room(file: Path) -> str:
    """`model` for `project/model/mlp.py` and `loop` for `project/loop.py`."""
    return file.relative_to(ROOT / "project").parts[0].removesuffix(".py")


def breaches(room_name: str, modules: Iterator[str]) -> list[str]:
    """What a file of a room imports that it may not."""
    return [module for module in modules if not allowed(room_name, *module.split("."))]


def allowed(room_name: str, top: str, other: str = "", *_: str) -> bool:
    if top in CONFIG_LIBRARIES:
        return room_name == "config"
    if top == "project":
        return other == room_name or (room_name, other) in ARROWS
    return top not in {"configs", "train"}


@pytest.mark.parametrize("file", sorted((ROOT / "project").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_no_other_room(file: Path) -> None:
    assert breaches(room(file), imported(file)) == []


@pytest.mark.parametrize(
    ("file", "forbidden"), [("configs.py", CONFIG_LIBRARIES), ("train.py", {"hydra_zen", "omegaconf"})]
)
def test_the_scripts_leave_hydra_to_the_typed_layer(file: str, forbidden: set[str]) -> None:
    assert not {module.partition(".")[0] for module in imported(ROOT / file)} & forbidden


@pytest.mark.parametrize(
    ("line", "breach"),
    [
        ("import hydra", "hydra"),
        ("from omegaconf import DictConfig", "omegaconf"),
        ("from configs import Config", "configs"),
        ("import project", "project"),
        ("from project.loop import SupervisedLoop", "project.loop"),
        ("def f():\n    from project.datamodule.mnist import MNIST", "project.datamodule.mnist"),
    ],
)
def test_the_contract_can_fail(line: str, breach: str, tmp_path: Path) -> None:
    file = tmp_path / "mlp.py"
    file.write_text(line)
    assert breaches("model", imported(file)) == [breach]


def test_no_module_is_caught_in_a_cycle() -> None:
    files = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in (ROOT / "project").rglob("*.py")}
    arrows = {name: set(imported(file)) & files.keys() for name, file in files.items()}
    while leaves := {name for name, targets in arrows.items() if not targets & arrows.keys()}:
        arrows = {name: targets for name, targets in arrows.items() if name not in leaves}
    assert not arrows
