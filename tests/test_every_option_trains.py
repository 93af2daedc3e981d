"""Every option and every preset trains, validates and tests a real batch through the command line.

Of most groups each option does so beside each of the others: `test_pairs_of_options_train.py`.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from in_process import run
from option_rows import BESIDE, ELSEWHERE, ONE_BATCH, SETTINGS, Row, alone, pairs, small_data, trains

from project.config.group import groups
from project.config.root import presets
from project.config.spaces import searching


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with small_data(tmp_path_factory.mktemp("data")) as directory:
        yield directory


@pytest.mark.long
@pytest.mark.parametrize("row", alone(BESIDE), ids=str)
def test_an_option_trains_a_batch_alone(row: Row, data: Path, tmp_path: Path) -> None:
    trains(row, data, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    "preset",
    [
        f"{group}=[{name}]"
        for group, names in presets().items()
        for name in names
        if name != "overfit" and not searching(group)
    ],
)
def test_a_preset_trains(preset: str, data: Path, tmp_path: Path) -> None:
    datamodule = "cifar10" if "cifar10" in preset else "fashion_mnist"
    settings = [item.format(data=data) for item in SETTINGS.get(datamodule, ["datamodule.source=bundled"])]
    limits = (
        [item for item in ONE_BATCH if item.partition("=")[0] != "trainer.max_epochs"]
        if "fast" in preset
        else ONE_BATCH
    )
    found = run(tmp_path, preset, *limits, *settings)
    assert '"test/loss": ' in (found / "results.json").read_text()


def test_no_option_of_the_catalogue_is_left_out() -> None:
    chosen = set(chain.from_iterable(row.choices for row in (*alone(BESIDE), *pairs())))
    known = {(name, option) for name, group in groups.items() if "/" not in name for option in group.options}
    assert {option for _, option in known - chosen} == set(ELSEWHERE)
    assert chosen <= known
