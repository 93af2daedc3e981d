"""What is composed in one call is what Hydra composes config by config."""

from collections.abc import Iterator
from typing import Any

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from node_contents import contents
from omegaconf import DictConfig, ListConfig, OmegaConf

import configs as _  # noqa: F401  (registers the catalogue)
from project.config.hydras import composing
from project.config.merging import AtOnce

LINES: list[list[str]] = [
    [],
    ["model=beeg_mlp", "optimizer=sgd", "optimizer.lr=0.5"],
    ["callbacks=[early_stopping,checkpoint]", "metrics=[]", "logger=[]"],
    ["callbacks=[early_stopping,early_stopping]"],
    ["experiment=[beeg,sgd]", "trainer=cpu", "model.beeg_factor=3"],
    ["hydra/job_logging=none", "hydra/hydra_logging=none"],
]


@pytest.fixture(autouse=True)
def _hydra() -> Iterator[None]:
    with composing():
        yield


def loaders() -> tuple[Any, AtOnce]:
    hydra: Any = GlobalHydra.instance().hydra
    return hydra.config_loader, AtOnce(hydra.config_loader)


def composed(loader: Any, name: str, line: list[str]) -> DictConfig:
    config: DictConfig = loader.load_configuration(name, line, RunMode.RUN)
    return config


@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_line_is_composed_as_by_hydra(line: list[str]) -> None:
    hydras, ours = (composed(loader, "config", line) for loader in loaders())
    assert contents(ours) == contents(hydras)


@pytest.mark.parametrize("package", [None, "", "a", "a.b", "a.b.c-d", "a[b].c", "a.0"])
@pytest.mark.parametrize("header", [None, "x.y"])
@pytest.mark.parametrize("config", [OmegaConf.create({"k": {"l": 1}}), OmegaConf.create(["a"])], ids=str)
def test_a_config_is_put_where_hydra_puts_it(
    config: DictConfig | ListConfig, header: str | None, package: str | None
) -> None:
    given = ConfigResult("", "", config, {"package": header})
    kinds: list[Any] = [ConfigLoaderImpl, AtOnce]
    hydras, ours = (kind._embed_result_config(given, package).config for kind in kinds)
    assert contents(ours) == contents(hydras)


@pytest.fixture
def _stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few configs without types, which live as long as a test."""
    store: Any = ConfigStore.instance()
    monkeypatch.setattr(store, "repo", dict(store.repo))  # no group of these names is in it
    store.store("small", {"width": 1, "inner": {"a": 1}}, group="part")
    store.store("large", {"width": 2, "inner": {"b": 2}}, group="part")
    store.store("with_large", {"extra": 1}, group="other")
    lists: dict[str, list[Any]] = {
        "beside": [{"part@parts.a": "small"}, {"part@parts.b": "large"}, {"part@parts.c": "small"}],
        "twice": [{"part@parts.a": "small"}, {"part@parts.b": "small"}, "part/large@parts.a"],
        "deep": [{"part@x.y.z": "small"}, {"part@x.y.w": "large"}, {"part@x.y": "small"}],
        "inside": [{"part@parts.a": "small"}, {"part@parts": "large"}, {"part@parts.a.inner": "large"}],
        "chosen": [{"part": "large"}, {"other": "with_${part}"}],
    }
    for name, defaults in lists.items():
        store.store(name, {"defaults": ["_self_", *defaults], "own": 1})


@pytest.mark.usefixtures("_stored")
@pytest.mark.parametrize("name", ["beside", "twice", "deep", "inside", "chosen"])
def test_a_defaults_list_is_composed_as_by_hydra(name: str) -> None:
    hydras, ours = (composed(loader, name, []) for loader in loaders())
    assert contents(ours) == contents(hydras)


@pytest.mark.usefixtures("_stored")
def test_of_two_configs_in_one_place_the_later_wins() -> None:
    twice = composed(loaders()[1], "twice", [])
    assert twice.parts == {"a": {"width": 2, "inner": {"a": 1, "b": 2}}, "b": {"width": 1, "inner": {"a": 1}}}


@pytest.mark.usefixtures("_stored")
def test_what_is_interpolated_in_a_defaults_list_is_looked_up() -> None:
    assert composed(loaders()[1], "chosen", []).other.extra == 1


@pytest.mark.usefixtures("_stored")
def test_a_config_that_cannot_be_merged_is_named() -> None:
    store: Any = ConfigStore.instance()
    store.store("broken", {"defaults": ["_self_", {"part@hydra.job": "small"}]})
    with pytest.raises(ConfigCompositionException, match="In 'part/small'"):
        composed(loaders()[1], "broken", [])


@pytest.mark.usefixtures("_stored")
def test_a_config_is_stored_by_position_too() -> None:
    store: Any = ConfigStore.instance()
    store.store("small", {"width": 3}, "part", "here")
    assert (store.load("part/small.yaml").node, store.load("part/small.yaml").package) == ({"width": 3}, "here")
