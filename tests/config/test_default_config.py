"""What `python train.py` runs when nothing is overridden."""

from collections.abc import Callable, Iterator
from inspect import Parameter
from pathlib import Path
from typing import Any, cast

import pytest
from hydra import compose
from omegaconf import DictConfig, OmegaConf

import configs
from project.config import ConfigError, build, check
from project.config.group import groups
from project.config.guards import is_dict, is_list, is_tuple, listed
from project.config.hydras import composing
from project.config.signature import locate, parameters

GOLDEN = Path(__file__).with_name("default_config.yaml")


@pytest.fixture(scope="module", autouse=True)
def _hydra() -> Iterator[None]:
    with composing():
        yield


def composed(*overrides: str) -> Any:
    return compose("config", overrides=["output_dir=outputs", *overrides])


def said(node: Any) -> Any:
    """`node` without what the target would have by itself: library defaults change from version to version."""
    if is_list(node):
        return [said(item) for item in node]
    if not is_dict(node):
        return node
    items = {key: said(value) for key, value in node.items()}
    known = parameters(locate(items["_target_"])) if "_target_" in items else dict[str, Parameter]()
    defaults = {key: parameter.default for key, parameter in known.items()}
    return {key: value for key, value in items.items() if key not in known or plain(defaults[key]) != value}


def plain(default: Any) -> Any:
    return list(default) if is_tuple(default) else default


def test_the_default_config_is_the_golden_one(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN, OmegaConf.to_yaml(said(listed(OmegaConf.to_container(composed())))))


def test_every_default_of_a_target_is_a_value_that_can_be_overridden() -> None:
    config = composed(
        "optimizer.eps=1e-7", "trainer.max_time=00:01:00:00", "callbacks.checkpoint.save_weights_only=true"
    )
    assert build(config.optimizer).keywords["eps"] == 1e-7


OPTIONS = [(name, option) for name, group in groups.items() if "/" not in name for option in group.options]


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=[f"{group}={option}" for group, option in OPTIONS])
def test_every_option_composes_passes_the_check_and_is_built(
    group: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where a logger's database is made
    known = groups[group]
    config = composed(f"{group}=[{option}]" if known.many else f"{group}={option}")
    check(config)
    if f"{group}={option}" in {"trainer=gpu", "trainer=mps"}:
        pytest.skip("needs a GPU to be built")
    if (group, option) == ("model", "resnet18_pretrained"):
        pytest.skip("needs a download to be built")
    built = build(config[group])
    assert set(built) == {option} if known.many else built is not None


@pytest.mark.parametrize("preset", ["experiment=[beeg]", "experiment=[sgd]", "experiment=[beeg,sgd]", "debug=[fast]"])
def test_every_preset_composes_and_passes_the_check(preset: str) -> None:
    check(composed(preset))


def test_a_preset_replaces_what_it_names_and_leaves_the_rest() -> None:
    default, preset = (cast(Any, OmegaConf.to_container(composed(*given))) for given in ([], ["experiment=[beeg]"]))
    changed = {key for key in default if default[key] != preset[key]}
    assert changed == {"model", "optimizer"}


def test_of_two_presets_the_later_wins_and_the_command_line_over_both() -> None:
    assert composed("experiment=[beeg,sgd]").optimizer._target_.endswith("SGD")
    assert composed("experiment=[sgd,beeg]").optimizer._target_.endswith("AdamW")
    assert composed("experiment=[sgd,beeg]", "optimizer=adam").optimizer._target_.endswith("Adam")
    assert composed("experiment=[sgd]", "optimizer.lr=7").optimizer.lr == 7


def test_none_of_many_may_be_chosen() -> None:
    config = composed("callbacks=[]", "logger=[]")
    check(config)
    assert build(config.callbacks) == {}


def test_one_of_many_is_tuned_under_its_name() -> None:
    assert (
        composed("callbacks=[early_stopping]", "callbacks.early_stopping.patience=9").callbacks.early_stopping.patience
        == 9
    )


def test_a_reference_reads_a_parameter_or_else_the_class_attribute_of_the_component() -> None:
    config = composed("seed=5")
    assert config.datamodule.seed == 5
    assert config.model.input_dim == 784
    assert "input_dim" not in config.datamodule


def test_the_parts_of_the_loop_are_built_once_and_belong_together() -> None:
    loop: Any = build(composed().loop)
    optimizer = loop.optimizer(loop.parameters())
    assert {id(p) for group in optimizer.param_groups for p in group["params"]} == {
        id(p) for p in loop.model.parameters()
    }


def test_the_check_names_every_problem_at_once() -> None:
    config = composed(
        "model._target_=torch.optim.adam.Adam", "loss._target_=nowhere.Loss", "callbacks.checkpoint.filename=???"
    )
    assert isinstance(config, DictConfig)
    with pytest.raises(ConfigError) as caught:
        check(config)
    text = str(caught.value)
    assert "model: Adam is no Module" in text
    assert "loss._target_: 'nowhere.Loss' is no target of the catalogue" in text
    assert "callbacks.checkpoint.filename: missing" in text


def test_the_catalogue_is_typed_as_what_it_builds() -> None:
    assert configs.model["mlp"] is configs.model.options["mlp"]
