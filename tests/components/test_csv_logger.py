"""The table of what was logged."""

import csv
from pathlib import Path

from project.logger import CSVLogger


def rows(directory: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((directory / "metrics.csv").read_text().splitlines()))


def test_each_call_is_a_row_with_its_step(tmp_path: Path) -> None:
    logger = CSVLogger(str(tmp_path))
    logger.log_metrics({"val/loss": 0.5}, step=3)
    logger.log_metrics({"val/loss": 0.25}, step=6)
    logger.finalize("success")
    assert rows(tmp_path) == [{"step": "3", "val/loss": "0.5"}, {"step": "6", "val/loss": "0.25"}]


def test_a_row_waits_for_others_and_none_is_lost_when_a_checkpoint_marks_the_table(tmp_path: Path) -> None:
    logger = CSVLogger(str(tmp_path))
    for step in range(100):
        logger.log_metrics({"a": 1.0}, step=step)
    assert len(rows(tmp_path)) < 100
    assert logger.mark() == {"rows": 100, "columns": 2}
    assert [row["step"] for row in rows(tmp_path)] == [str(step) for step in range(100)]


def test_a_name_that_comes_later_is_a_column_of_all_rows(tmp_path: Path) -> None:
    logger = CSVLogger(str(tmp_path))
    logger.log_metrics({"a": 1.0}, step=0)
    logger.log_metrics({"b": 2.0}, step=1)
    logger.finalize("success")
    assert rows(tmp_path) == [{"step": "0", "a": "1.0", "b": ""}, {"step": "1", "a": "", "b": "2.0"}]


def test_a_file_that_is_there_is_continued(tmp_path: Path) -> None:
    CSVLogger(str(tmp_path)).log_metrics({"a": 1.0}, step=0)
    CSVLogger(str(tmp_path)).log_metrics({"a": 2.0, "b": 3.0}, step=1)
    assert [row["a"] for row in rows(tmp_path)] == ["1.0", "2.0"]


def test_nothing_is_written_before_something_is_logged(tmp_path: Path) -> None:
    CSVLogger(str(tmp_path / "run")).log_hyperparams({"lr": 1})
    assert not (tmp_path / "run").exists()
