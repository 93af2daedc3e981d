"""What no checker can see is stopped at run time, before a Trainer runs: by importing, by composing, or by building.

This file is checked like all others and has no ignore in it: every mistake below is one that both checkers let through.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hydra import compose
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, Logger
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Adam, Optimizer
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy
from torchvision.models import resnet18

import configs
from configs import Config, cfg
from project.config import ConfigError, Group, Presets, build, check, conf, root
from project.config.group import groups
from project.config.hydras import composing
from project.loop import SupervisedLoop
from project.model import MLP
from project.scheduler import Constant, Schedule

IMPORT, COMPOSITION, BUILDING = "import", "composition", "building"
WALLS = (IMPORT, COMPOSITION, BUILDING)

Loss = Callable[[Tensor, Tensor], Tensor]
OptimizerFactory = Callable[[Iterable[Parameter]], Optimizer]

PARTS = {name: getattr(cfg, name) for name in ("model", "loss", "optimizer", "scheduler", "metrics")}
"""What a loop is made of."""


def unknown(**arguments: Any) -> dict[str, Any]:
    """Arguments of which a checker knows nothing, as a dict read from JSON has them."""
    return arguments


@dataclass(frozen=True)
class Mistake:
    """An entry that is statically right, the last wall that may let it through no further, and the answer."""

    what: str
    wall: str
    make: Callable[[], Group[Any]]
    answer: str

    def __str__(self) -> str:
        return self.what


MISTAKES = [
    Mistake(
        "a live model",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=MLP(784, 10)),
        r"model\.wrong: a live MLP object; write conf\(MLP\)",
    ),
    Mistake(
        "a live layer in *args",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(nn.Sequential)(nn.Linear(784, 10))),
        r"model\.wrong\..*: a live Linear object",
    ),
    Mistake(
        "a live model inside an entry",
        IMPORT,
        lambda: Group[LightningModule](
            "loop", wrong=conf(SupervisedLoop)(**unknown(**PARTS | {"model": MLP(784, 10)}))
        ),
        r"loop\.wrong\.model: a live MLP object",
    ),
    Mistake(
        "a live metric in a dict",
        IMPORT,
        lambda: Group[LightningModule](
            "loop", wrong=conf(SupervisedLoop)(**unknown(**PARTS | {"metrics": {"accuracy": MulticlassAccuracy(10)}}))
        ),
        r"loop\.wrong\.metrics.*: a live MulticlassAccuracy object",
    ),
    Mistake(
        "a live callback in a list",
        IMPORT,
        lambda: Group[Trainer]("trainer", wrong=conf(Trainer)(callbacks=[EarlyStopping("val/loss")])),
        r"trainer\.wrong\.callbacks.*: a live EarlyStopping object",
    ),
    Mistake(
        "a tensor",
        IMPORT,
        lambda: Group[Loss]("loss", wrong=conf(nn.CrossEntropyLoss)(weight=torch.ones(10))),
        r"loss\.wrong\.weight: a live Tensor object",
    ),
    Mistake(
        "a lambda for a callback's function",
        IMPORT,
        lambda: Group[Callback]("callbacks", many=True, wrong=conf(LambdaCallback)(on_fit_start=lambda: None)),
        r"callbacks\.wrong\.on_fit_start: .*cannot be imported by its name",
    ),
    Mistake(
        "the class of an optimizer",
        IMPORT,
        lambda: Group[OptimizerFactory]("optimizer", wrong=Adam),
        r"optimizer\.wrong: the class Adam itself|optimizer\.wrong: Adam itself",
    ),
    Mistake(
        "the class of an optimizer, conf forgotten to be called",
        IMPORT,
        lambda: Group[OptimizerFactory]("optimizer", wrong=conf(Adam)),
        r"optimizer\.wrong: ",
    ),
    Mistake(
        "a function instead of a config of one",
        IMPORT,
        lambda: Group[Loss]("loss", wrong=nn.functional.cross_entropy),
        r"loss\.wrong: cross_entropy itself|loss\.wrong: the function cross_entropy itself",
    ),
    Mistake(
        "a lambda for a class",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(lambda: MLP(784, 10))()),
        r"model\.wrong: .*not importable",
    ),
    Mistake(
        "a model for the loss",
        IMPORT,
        lambda: Group[Loss]("loss", wrong=conf(MLP)(784, 10)),
        r"loss\.wrong: MLP cannot be called as Callable\[\[Tensor, Tensor\], Tensor\]",
    ),
    Mistake(
        "a loop for the loss",
        IMPORT,
        lambda: Group[Loss]("loss", wrong=conf(SupervisedLoop)(**unknown(**PARTS))),
        r"loss\.wrong: SupervisedLoop cannot be called as",
    ),
    Mistake(
        "a loss for the optimizer",
        IMPORT,
        lambda: Group[OptimizerFactory]("optimizer", wrong=conf(nn.CrossEntropyLoss)()),
        r"optimizer\.wrong: CrossEntropyLoss (cannot be called as|is no)",
    ),
    Mistake(
        "a loop for the optimizer",
        COMPOSITION,
        lambda: Group[OptimizerFactory]("optimizer", wrong=conf(SupervisedLoop)(**unknown(**PARTS))),
        r"optimizer\.optimizer: \$\{optimizer\} does not resolve",
    ),
    Mistake(
        "a loop for the model",
        COMPOSITION,
        lambda: Group[nn.Module]("model", wrong=conf(SupervisedLoop)(**unknown(**PARTS))),
        r"model\.model: \$\{model\} does not resolve",
    ),
    Mistake(
        "a flag for an integer",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(784, 10, hidden_dim=True)),
        r"model\.wrong\.hidden_dim: True is no int",
    ),
    Mistake(
        "a misspelt argument out of a dict",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(**unknown(input_dim=784, output_dim=10, hiden_dim=3))),
        r"model\.wrong\.hiden_dim: MLP has no such parameter(.|\n)*Did you mean 'hidden_dim'\?",
    ),
    Mistake(
        "text for an integer out of a dict",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(**unknown(input_dim=784, output_dim="ten"))),
        r"model\.wrong\.output_dim: ",
    ),
    Mistake(
        "an argument missing out of a dict",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(**unknown(input_dim=784))),
        r"model\.wrong\.output_dim: missing",
    ),
    Mistake(
        "a positional argument too many for a function that torchvision decorates",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(resnet18)(None, True)),
        r"model\.wrong: 2 positional arguments for resnet18",
    ),
    Mistake(
        "a wrong type for a function that torchvision decorates",
        IMPORT,
        lambda: Group[nn.Module]("model", wrong=conf(resnet18)(weights=1)),
        r"model\.wrong\.weights: ",
    ),
    Mistake(
        "a misspelt argument in torchvision's **kwargs",
        BUILDING,
        lambda: Group[nn.Module]("model", wrong=conf(resnet18)(num_clases=10)),
        r"num_clases",
    ),
    Mistake(
        "a misspelt argument in torchmetrics' **kwargs",
        BUILDING,
        lambda: Group[Metric]("metrics", many=True, wrong=conf(MulticlassAccuracy)(10, avrage="macro")),
        r"wrong.*avrage",
    ),
    Mistake(
        "one of Hydra's own words in **kwargs",
        COMPOSITION,
        lambda: Group[Metric]("metrics", many=True, wrong=conf(MulticlassAccuracy)(10, _partial_=True)),
        r"metrics\.wrong: a factory of MulticlassAccuracy",
    ),
    Mistake(
        "a component for an integer out of a dict",
        BUILDING,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(**unknown(input_dim=conf(Constant)(), output_dim=10))),
        r"MLP",
    ),
    Mistake(
        "a misspelt interpolation",
        COMPOSITION,
        lambda: Group[Callback]("callbacks", many=True, wrong=conf(EarlyStopping)("${monitr}")),
        r"callbacks\.wrong\.monitor: \$\{monitr\} does not resolve",
    ),
    Mistake(
        "a misspelt interpolation inside a text",
        COMPOSITION,
        lambda: Group[Callback]("callbacks", many=True, wrong=conf(ModelCheckpoint)(dirpath="${output}/best")),
        r"callbacks\.wrong\.dirpath: \$\{output\}/best does not resolve",
    ),
    Mistake(
        "an interpolation without its end",
        IMPORT,
        lambda: Group[Callback]("callbacks", many=True, wrong=conf(ModelCheckpoint)(dirpath="${output_dir")),
        r"callbacks\.wrong\.dirpath: ",
    ),
    Mistake(
        "an interpolation of another type out of a dict",
        COMPOSITION,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(**unknown(input_dim=784, output_dim="${monitor}"))),
        r"model\.output_dim: \$\{monitor\} does not resolve",
    ),
    Mistake(
        "a reference to what the chosen component does not have",
        COMPOSITION,
        lambda: Group[Logger]("logger", many=True, wrong=conf(CSVLogger)("logs", name=cfg.datamodule.name)),
        r"logger\.wrong\.name: .* has neither a parameter nor a class attribute 'name'",
    ),
    Mistake(
        "a model that contains itself",
        COMPOSITION,
        lambda: Group[nn.Module]("model", wrong=conf(nn.Sequential)(cfg.model)),
        r"model\..*: \$\{model\} does not resolve",
    ),
    Mistake(
        "a width of nothing",
        BUILDING,
        lambda: Group[nn.Module]("model", wrong=conf(MLP)(784, 0)),
        r"output_dim=0.*must be at least 1",
    ),
    Mistake(
        "a share above one",
        BUILDING,
        lambda: Group[Schedule]("scheduler", wrong=conf(Constant)(warmup=2.0)),
        r"warmup=2\.0: must be a fraction",
    ),
    Mistake(
        "a name that is not one of the few there are",
        BUILDING,
        lambda: Group[Trainer]("trainer", wrong=conf(Trainer)(accelerator="gpuu")),
        r"gpuu",
    ),
    Mistake(
        "a mode that is neither",
        BUILDING,
        lambda: Group[Callback]("callbacks", many=True, wrong=conf(EarlyStopping)("val/loss", mode="mn")),
        r"mn",
    ),
]


def a_slot_under_another_name() -> object:
    @root
    @dataclass
    class Renamed:
        net: nn.Module = configs.model.default("mlp")

    return Renamed


def a_field_without_a_default() -> object:
    @root
    @dataclass
    class Bare:
        seed: int

    return Bare


def a_live_default() -> object:
    @root
    @dataclass
    class Live:
        model: nn.Module = MLP(1, 1)

    return Live


def an_option_for_a_default() -> object:
    @root
    @dataclass
    class Chosen:
        model: nn.Module = configs.model["mlp"]

    return Chosen


MISUSES: dict[str, tuple[Callable[[], object], str]] = {
    "an option that does not exist": (lambda: configs.model["mpl"], r"model: .*no option 'mpl'(.|\n)*'mlp'"),
    "a default that does not exist": (lambda: configs.model.default("mpl"), r"model: .*no option 'mpl'(.|\n)*'mlp'"),
    "a default of many that does not exist": (lambda: configs.callbacks.defaults("progres"), r"callbacks: .*'progres'"),
    "one default of a group of many": (lambda: configs.callbacks.default("progress"), r"callbacks: .*defaults\("),
    "many defaults of a group of one": (lambda: configs.model.defaults("mlp"), r"model: .*default\("),
    "an option that exists already": (lambda: Group[nn.Module]("model", mlp=conf(MLP)(1, 1)), r"model\.mlp: .*already"),
    "a group without a kind": (lambda: Group("model", wrong=conf(MLP)(1, 1)), r"model: .*no kind"),
    "a group of two kinds": (lambda: Group[Trainer]("model", wrong=conf(Trainer)()), r"model: .*takes Module"),
    "a group of one and of many": (
        lambda: Group[Callback]("callbacks", wrong=conf(EarlyStopping)("val/loss")),
        r"callbacks: .*takes many Callback",
    ),
    "a live model in a preset": (
        lambda: Presets[Config]("experiment", wrong=conf(Config)(model=MLP(1, 1))),
        r"experiment\.wrong\.model: a live MLP object",
    ),
    "a slot's default in a preset": (
        lambda: Presets[Config]("experiment", wrong=conf(Config)(model=configs.model.default("mlp"))),
        r"experiment\.wrong\.model: ",
    ),
    "a reference for a slot of a preset": (
        lambda: Presets[Config]("experiment", wrong=conf(Config)(model=cfg.model)),
        r"experiment\.wrong\.model: ",
    ),
    "a root without conf as a preset": (
        lambda: Presets[Config]("experiment", wrong=Config(seed=2)),
        r"experiment\.wrong: a preset is written as conf\(Config\)",
    ),
    "a misspelt field of a preset out of a dict": (
        lambda: Presets[Config]("experiment", wrong=conf(Config)(**unknown(modell=configs.model["mlp"]))),
        r"experiment\.wrong\.modell: (.|\n)*Did you mean 'model'\?",
    ),
    "text for a number of a preset out of a dict": (
        lambda: Presets[Config]("experiment", wrong=conf(Config)(**unknown(seed="one"))),
        r"experiment\.wrong\.seed: ",
    ),
    "a slot under another name": (
        a_slot_under_another_name,
        "net: the slot of group 'model' must have the group's name",
    ),
    "a root field without a default": (a_field_without_a_default, "seed: a root field needs a default"),
    "a live model as the default of a root field": (a_live_default, r"model: a live MLP object; .*group\.default\("),
}


@pytest.fixture(autouse=True)
def _own_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue, to which each test may add."""
    Plugins.instance()  # the first use of Hydra registers its own configs, for good
    store, known = ConfigStore.instance(), dict(groups)
    monkeypatch.setattr(store, "repo", copy.deepcopy(store.repo))
    yield
    groups.clear()
    groups.update(known)


def meet_the_walls(mistake: Mistake) -> tuple[str, Exception]:
    """The first wall that stops the mistake, and what it says."""
    wall = IMPORT
    try:
        group = mistake.make()
        wall = COMPOSITION
        with composing():
            config = compose("config", [f"{group.group}={'[wrong]' if group.many else 'wrong'}", "output_dir=outputs"])
            check(config)
            wall = BUILDING
            build(config[group.group])
    except (ConfigError, HydraException) as error:
        return wall, error
    pytest.fail("nothing stops it")


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_that_no_checker_sees_is_stopped_before_training(mistake: Mistake) -> None:
    wall, error = meet_the_walls(mistake)
    assert WALLS.index(wall) <= WALLS.index(mistake.wall), f"only {wall} stops it: {error}"
    if wall == mistake.wall:
        assert pytest.RaisesExc(type(error), match=mistake.answer).matches(error), str(error)
    if wall == IMPORT:
        assert names_a_line_of(mistake.make, error), str(error)


@pytest.mark.parametrize(("misuse", "answer"), MISUSES.values(), ids=MISUSES)
def test_a_misuse_that_no_checker_sees_is_stopped_by_the_import(misuse: Callable[[], object], answer: str) -> None:
    with pytest.raises(ConfigError, match=answer) as caught:
        misuse()
    assert names_a_line_of(misuse, caught.value) or "already" in answer, str(caught.value)


def test_an_option_as_the_default_of_a_root_field_is_stopped_by_the_import() -> None:
    with pytest.raises(ValueError, match="model"):
        an_option_for_a_default()


def test_what_is_right_meets_no_wall() -> None:
    right = Mistake("", IMPORT, lambda: Group[nn.Module]("model", wrong=conf(MLP)(784, 10)), "")
    with pytest.raises(pytest.fail.Exception, match="nothing stops it"):
        meet_the_walls(right)


def names_a_line_of(function: Callable[[], object], error: Exception) -> bool:
    """Whether the answer names this file and a line of the function."""
    lines = {line for _, _, line in function.__code__.co_lines()}
    return any(f"test_walls.py:{line}" in str(error) for line in lines)
