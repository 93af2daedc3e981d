"""`python train.py --help`: what it says of the catalogue, and of a topic."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from command_tables import HERE
from rich.console import Console

from project.config import ConfigError
from project.config.answers import answered
from project.config.command import arguments
from project.config.group import groups
from project.config.launch import Rehearsal, launch
from project.config.pages import gather
from project.config.signature import locate
from project.manual.help import help_page
from project.manual.pages import GroupPage, OptionPage, Pages, ParameterPage, PresetPage

PAGES = gather()
OPTIONS = [(group, option) for group in PAGES.groups for option in group.options]

WIDTH = ParameterPage("width", "int ≥ 1", "64", False, "units of a layer, " + "which is said at length, " * 6)
DEPTH = ParameterPage("depth", "int", "", False, "layers.")
INPUTS = ParameterPage("inputs", "int", "← data.size", True, "")
RATE = ParameterPage("rate", "float > 0", "0.1", True, "how fast.")
SMALL = Pages(
    summary="A run.",
    groups=(
        GroupPage(
            "net",
            many=False,
            kind="Module",
            defaults=("deep",),
            options=(
                OptionPage("flat", "Flat", "net.py:3", "One layer.", (INPUTS, WIDTH)),
                OptionPage("deep", "Deep", "net.py:9", "Many layers, one upon the other, " * 5, (INPUTS, WIDTH, DEPTH)),
            ),
        ),
        GroupPage(
            "extras",
            many=True,
            kind="Callback",
            defaults=(),
            options=(
                OptionPage("slow", "Pace", "pace.py:1", "Sets the pace.", (RATE,)),
                OptionPage(
                    "fast", "Pace", "pace.py:1", "Sets the pace.", (ParameterPage("rate", "float > 0", "9", True, ""),)
                ),
            ),
        ),
    ),
    presets={"experiment": (PresetPage("big", ("net=Deep(depth=9)", "seed=7")),)},
    fields=(ParameterPage("seed", "int", "3", True, "of everything."),),
)


def shown(pages: Pages, *topics: str) -> str:
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(help_page(pages, topics))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def test_the_pages_are_the_golden_ones(golden: Callable[[Path, str], None]) -> None:
    asked: Iterable[tuple[str, ...]] = ((), ("net=deep",), ("net",), ("net.width", "extras.fast.rate"), ("experiment",))
    golden(
        HERE / "help.txt",
        "\n".join(f"$ python train.py {' '.join(('--help', *topics))}\n{shown(SMALL, *topics)}" for topics in asked),
    )


def test_the_whole_catalogue_takes_a_line_an_option_and_nothing_is_left_out() -> None:
    page = shown(PAGES)
    listed = [*OPTIONS, *(preset for presets in PAGES.presets.values() for preset in presets), *PAGES.fields]
    assert len(page.splitlines()) <= len(listed) + 20
    assert max(map(len, page.splitlines())) <= 100
    for group in (group for group in groups.values() if "/" not in group.group):
        assert f"  {group.group}=" in page
        assert [option for option in group.options if f" {option} " not in page] == []
    for group_name, presets in PAGES.presets.items():
        assert f"  {group_name}=[]" in page
        assert all(preset.name in page for preset in presets)
    assert all(f"  {field.name} " in page for field in PAGES.fields)
    assert page.count("  python train.py ") == 3


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=[f"{group.name}={it.name}" for group, it in OPTIONS])
def test_every_option_has_a_page_and_each_parameter_of_our_own_a_meaning(group: GroupPage, option: OptionPage) -> None:
    page = shown(PAGES, f"{group.name}={option.name}")
    assert f"{group.name}={option.name}" in page
    assert option.summary
    assert option.site.rpartition(":")[2].isdigit()
    if "/project/" in option.site:
        assert [parameter.name for parameter in option.parameters if not parameter.meaning] == []


def test_every_field_of_the_root_has_a_meaning() -> None:
    assert [field.name for field in PAGES.fields if not field.meaning] == []


@pytest.mark.parametrize("path", ["torch.optim.Adam", "torchmetrics.classification.MulticlassAccuracy"])
def test_the_styles_of_other_libraries_are_read(path: str) -> None:
    name = locate(path).__name__
    option = next(option for _, option in OPTIONS if option.target == name)
    assert [parameter.name for parameter in option.parameters if not parameter.meaning] == []


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("model=mlpp", "model: there is no option 'mlpp'\n    Did you mean 'mlp'?"),
        ("optimiser", "there is no 'optimiser'\n    Did you mean 'optimizer'?"),
        ("trainer.max_epoch", "trainer.max_epoch: there is no 'max_epoch'\n    Did you mean 'max_epochs'?"),
        ("callbacks.early_stoping.patience", "Did you mean 'early_stopping'?"),
        ("experiment=begg", "experiment: there is no option 'begg'\n    Did you mean 'beeg'?"),
    ],
)
def test_a_topic_that_is_none_is_answered_with_the_nearest(topic: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        answered(arguments(["--help", topic]))
    assert said in str(caught.value)


def test_help_is_written_plainly_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["train.py", "--help", "model=mlp", "optimizer"])
    launch(never, lambda config: Rehearsal((), ""))
    said = capsys.readouterr().out
    assert "model.hidden_dim  int ≥ 1  = 256" in said
    assert "optimizer=adamw" in said
    assert "\x1b" not in said


def test_help_on_what_there_is_not_ends_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["train.py", "--help", "optimiser"])
    with pytest.raises(SystemExit) as ended:
        launch(never, lambda config: Rehearsal((), ""))
    assert ended.value.code == 2
    assert "Did you mean 'optimizer'?" in capsys.readouterr().err


def never() -> None:
    raise AssertionError("a question starts no run")
