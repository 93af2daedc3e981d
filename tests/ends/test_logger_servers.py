"""Loggers whose server does not answer, or no longer."""

import logging
from pathlib import Path

import pytest
from small_training import Does, Line, Ones, trainer
from tracking_server import serving

from project.logger import CSVLogger, MLFlowLogger, recording

pytest.importorskip("mlflow")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_a_server_that_goes_away_costs_the_run_its_logs_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as server:
        fitting = trainer(tmp_path, Does(server.shut), log_every_n_steps=5)
        fitting.loggers = [MLFlowLogger(str(tmp_path), tracking_uri=server.address), CSVLogger(str(tmp_path))]
        with recording(fitting.loggers, {"lr": 0.1}):
            fitting.fit(Line(), Ones())
        assert "runs/log-batch" in server.called
    assert fitting.global_step == 20
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 3
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.partition(":")[2].partition(";")[0] for line in told if "no longer" in line] != []
    assert len([line for line in told if "no longer answers; the run goes on without it" in line]) == 1


def test_a_server_that_does_not_answer_ends_the_run_before_it_trains(tmp_path: Path) -> None:
    with serving() as server:
        address = server.address
    fitting = trainer(tmp_path)
    fitting.loggers = [MLFlowLogger(str(tmp_path), tracking_uri=address)]
    with pytest.raises(ConnectionError, match=f"{address} does not answer; start it"), recording(fitting.loggers, {}):
        fitting.fit(Line(), Ones())
    assert fitting.global_step == 0
