"""No stranger's code runs: only what a `conf(...)` in Python has named is built, wherever a config comes from."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from a_friend import Greeting, Inner, greet
from command_tables import HERE, answer
from omegaconf import OmegaConf

from project.config import ConfigError, build, conf

STRANGER = """
from pathlib import Path

MARK = Path(__file__).with_name("mark")
MARK.write_text("imported")

def call(*args, **kwargs):
    MARK.write_text("called")

class Thing:
    def __init__(self, *args, **kwargs):
        call()

    def method(self):
        call()
"""

LINES = (
    "model._target_=a_stranger.Thing",
    "'model={_target_:a_stranger.call}'",
    "+model._args_=[{_target_:a_stranger.call}]",
    "model._target_=os.system '+model._args_=[true]'",
    "loss.weight={_target_:a_stranger.call}",
    "'loss.weight=[{a:{b:[{_target_:a_stranger.call}]}}]'",
    "optimizer._target_=hydra_zen.funcs.zen_processing +optimizer._zen_target=a_stranger.call",
    "+optimizer._zen_wrappers=a_stranger.call",
    "+loss._zen_wrappers=[a_stranger.call]",
    "+model._zen_target=a_stranger.call",
    "'datamodule.data_dir={_target_:hydra_zen.funcs.get_obj,path:a_stranger.call}'",
    "'loop.metrics={a:{_target_:a_stranger.call}}'",
    "'loop.optimizer={_target_:a_stranger.call,_partial_:true}'",
    "'trainer.callbacks=[{_target_:a_stranger.call}]'",
    "trainer.plugins={_target_:a_stranger.call}",
    "'trainer.logger=[[{_target_:a_stranger.call}]]'",
    "'output_dir=[{_target_:a_stranger.call}]'",
    "seed={_target_:a_stranger.call}",
    "+extra={_target_:a_stranger.call}",
    "'+extra.deep=[{x:[{_target_:a_stranger.call}]}]'",
    "+extra.a._target_=a_stranger.call 'loss.weight=${extra.a}'",
    "+extra.a._target_=a_stranger.call 'loss.weight=${oc.dict.values:extra}'",
    "'model._target_=${monitor}' monitor=a_stranger.call",
    """'model._target_=${oc.decode:"a_stranger.call"}'""",
    """\"loss.weight='${oc.create:{_target_:a_stranger.call}}'\"""",
    "'model=${hydra:launcher}'",
    "'loop.model=${hydra:launcher}'",
    "'loss.weight=${hydra:sweeper}'",
    "-m model._target_=a_stranger.Thing,project.model.mlp.MLP",
    "-m 'loss.weight=null,{_target_:a_stranger.call}'",
    "+hydra.callbacks.x._target_=a_stranger.Thing",
    "'++hydra.callbacks={x:{_target_:a_stranger.Thing}}'",
    "'+hydra.callbacks.x._target_=${monitor}' monitor=a_stranger.Thing",
    "hydra.launcher._target_=a_stranger.Thing",
    "+hydra.launcher.x={_target_:a_stranger.call}",
    "-m hydra.sweeper._target_=a_stranger.Thing seed=1,2",
    "hydra.job_logging.handlers.console.class=a_stranger.Thing",
    "hydra.job_logging.handlers.console.stream=ext://a_stranger.call",
    "+hydra.job_logging.formatters.x.class=a_stranger.Thing",
    "+hydra.hydra_logging.handlers.x.class=a_stranger.Thing",
    "hydra.searchpath=[pkg://a_stranger]",
    "hydra/launcher=a_stranger",
    "--experimental-rerun job.pickle",
)


def table(name: str) -> dict[str, Any]:
    """The nodes of a YAML file, by what they are."""
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.load(HERE / name)))


NODES, SETTINGS = table("strangers.yaml"), table("stranger_settings.yaml")


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that the stranger writes as soon as it is imported; the working directory holds both."""
    (tmp_path / "a_stranger.py").write_text(STRANGER)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "mark"
    sys.modules.pop("a_stranger", None)


def unmet(mark: Path) -> bool:
    """Whether the stranger was not even imported, and nothing was written beside it."""
    known = {"a_stranger.py", "evil.yaml", "__pycache__"}
    return not mark.exists() and "a_stranger" not in sys.modules and {p.name for p in mark.parent.iterdir()} <= known


def answer_to_file(config: dict[str, Any], directory: Path) -> str:
    """What the command line is refused with that names a config file of one's own."""
    (directory / "evil.yaml").write_text(OmegaConf.to_yaml({"defaults": ["config", "_self_"], **config}))
    return answer("-cd . -cn evil")


def test_the_stranger_would_leave_its_mark(mark: Path) -> None:
    importlib.import_module("a_stranger")
    assert mark.read_text() == "imported"
    assert not unmet(mark)


@pytest.mark.parametrize("line", LINES)
def test_an_override_reaches_no_stranger(line: str, mark: Path) -> None:
    assert answer(line), "nothing stops it"
    assert unmet(mark)


def test_no_node_of_a_file_reaches_a_stranger(mark: Path) -> None:
    nodes = {f"x{number}": node for number, node in enumerate(NODES.values())}
    said = answer_to_file({"callbacks": nodes}, mark.parent)
    refused = set(re.findall(r"^callbacks\.(x\d+)[.:]", said, re.MULTILINE))
    assert [name for name, key in zip(NODES, nodes, strict=True) if key not in refused] == []
    assert unmet(mark)


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_a_node_handed_to_build_reaches_no_stranger(node: Any, mark: Path) -> None:
    with pytest.raises(ConfigError):
        build(OmegaConf.create(node))
    assert unmet(mark)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_setting_of_hydra_reaches_no_stranger(settings: dict[str, Any], mark: Path) -> None:
    said = answer_to_file({"hydra": settings}, mark.parent)
    assert "hydra." in said or "ConfigKeyError" in said  # a grid has no `params`
    assert unmet(mark)


def test_a_file_may_set_what_is_harmless(mark: Path) -> None:
    harmless = {"job_logging": {"root": {"level": "WARNING"}}, "run": {"dir": "here"}, "sweep": {"dir": "there"}}
    assert answer_to_file({"seed": 3, "hydra": harmless}, mark.parent) == ""


def test_the_tables_are_large() -> None:
    assert len(NODES) + len(SETTINGS) + len(LINES) >= 100


def test_python_opens_the_list() -> None:
    greeting = OmegaConf.create({"_target_": "a_friend.greet", "name": "you"})
    with pytest.raises(ConfigError, match="a_friend"):
        build(greeting)
    conf(greet)(name="me")
    assert build(greeting) == "hello you"


def test_the_list_is_opened_for_everything_inside_an_entry() -> None:
    inner = OmegaConf.create({"_target_": "a_friend.Inner"})
    with pytest.raises(ConfigError, match="a_friend"):
        build(inner)
    conf(Greeting)(inner=conf(Inner)())
    assert isinstance(build(inner), Inner)
