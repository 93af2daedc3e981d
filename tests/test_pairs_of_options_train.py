"""Any two options that can go together train, validate and test a real batch through the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from option_rows import Row, pairs, small_data, trains


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with small_data(tmp_path_factory.mktemp("data")) as directory:
        yield directory


@pytest.mark.long
@pytest.mark.parametrize("row", pairs(), ids=str)
def test_options_train_a_batch_together(row: Row, data: Path, tmp_path: Path) -> None:
    trains(row, data, tmp_path)
