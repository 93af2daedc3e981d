"""The tree of a composed config: what was chosen, by whom, and what it comes to."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_tables import HERE
from hydra import compose, initialize
from omegaconf import OmegaConf
from rich.console import Console
from rich.tree import Tree
from torch import float16, nn

from project.config import conf
from project.config.tree import tree


@pytest.fixture(scope="module", autouse=True)
def _hydra() -> Iterator[None]:
    with initialize(version_base=None, config_path=None):
        yield


def drawn(*overrides: str) -> str:
    config = compose("config", overrides=["output_dir=outputs", *overrides], return_hydra_config=True)
    return printed(tree(config, overrides, config.hydra.runtime.choices))


def printed(shown: Tree) -> str:
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(shown)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def line(text: str, part: str) -> str:
    [found] = [line.lstrip("│├└─ ") for line in text.splitlines() if part in line]
    return found


def test_the_tree_is_the_golden_one(golden: Callable[[Path, str], None]) -> None:
    given = "experiment=[beeg,sgd]", "scheduler=one_cycle", "optimizer.lr=0.2", "callbacks=[early_stopping]", "mode=min"
    # How many parameters a class of a library has changes with its version.
    golden(HERE / "tree.txt", re.sub(r"\+\d+ defaults?", "+N defaults", drawn(*given)))


def test_what_the_command_line_chose_says_so() -> None:
    text = drawn("model=mlp", "model.hidden_dim=64")
    assert line(text, "model: ") == "model: mlp (project.model.MLP)  ← command line  +2 defaults"
    assert line(text, "hidden_dim") == "hidden_dim: 64  ← command line"


def test_a_value_set_to_the_default_of_its_class_is_shown_when_somebody_set_it() -> None:
    assert line(drawn("model=mlp", "model.num_layers=1"), "num_layers") == "num_layers: 1  ← command line"
    assert line(drawn("experiment=[beeg]"), "beeg_factor") == "beeg_factor: 10"


def test_the_command_line_wins_over_a_preset_and_the_later_preset_over_the_earlier() -> None:
    assert line(drawn("experiment=[beeg,sgd]"), "optimizer: ").startswith(
        "optimizer: sgd (project.optimizer.SGD)  ← experiment=sgd"
    )
    assert "← command line" in line(drawn("experiment=[sgd]", "optimizer=adam"), "optimizer: ")


def test_a_reference_is_shown_with_its_value_and_where_it_is_from() -> None:
    assert line(drawn("datamodule.batch_size=7"), "input_dim") == "input_dim: 784  ← datamodule.input_dim"
    assert "dirpath: outputs/checkpoints  ← ${output_dir}/checkpoints" in drawn()


def test_the_parts_of_the_loop_are_drawn_once() -> None:
    text = drawn()
    assert text.count("BeegYoshiMLP") == 1
    assert "with model, loss, optimizer, scheduler, metrics" in text


def test_the_keys_of_a_dict_given_at_once_are_told_apart() -> None:
    text = drawn("trainer={max_epochs: 3}")
    assert line(text, "max_epochs") == "max_epochs: 3  ← command line"
    assert "command line" not in line(text, "trainer:")


def test_components_inside_a_component_are_drawn_below_it_and_values_that_yaml_lacks_as_values() -> None:
    config = compose("config", overrides=["output_dir=outputs"])
    config.model = OmegaConf.structured(conf(nn.Sequential)(conf(nn.Flatten)(), conf(nn.Linear)(4, 2, dtype=float16)))
    text = printed(tree(config))
    assert line(text, "Sequential") == "model (torch.nn.Sequential)"
    assert line(text, "Flatten") == "0 (torch.nn.Flatten)  +2 defaults"
    assert line(text, "in_features") == "in_features: 4"
    assert line(text, "dtype") == "dtype: torch.float16"


def test_none_of_many_is_said() -> None:
    assert line(drawn("logger=[]"), "logger") == "logger: none  ← command line"
