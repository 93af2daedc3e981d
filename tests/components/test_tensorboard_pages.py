"""TensorBoard's pages in a real browser."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from browser import in_a_browser, shown

from project.logger import TensorBoardLogger, recording

PORT = 6917

pytestmark = [pytest.mark.long, in_a_browser]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """The address of a TensorBoard over two runs, of which each has a hyperparameter that the other lacks."""
    for name, own in (("adam", "optimizer.eps"), ("sgd", "optimizer.momentum")):
        logger = TensorBoardLogger(str(tmp_path / name))
        with recording([logger], {"optimizer": name, own: 0.5}):
            logger.log_metrics({"test/accuracy": 0.75, "epoch": 1.0}, 10)
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(tmp_path), "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PORT}/"
    for _ in range(60):
        try:
            urlopen(address).close()
            break
        except URLError:
            time.sleep(1)
    yield address
    server.terminate()
    server.wait()


def test_the_hparams_page_compares_runs_by_all_that_either_has(page: str) -> None:
    request = quote('{"experimentName": "", "includeMetrics": true}')
    with urlopen(f"{page}data/plugin/hparams/experiment?request={request}") as answer:  # noqa: S310  (the loopback)
        found = json.load(answer)
    assert {info["name"] for info in found["hparamInfos"]} == {"optimizer", "optimizer.eps", "optimizer.momentum"}
    assert [info["name"]["tag"] for info in found["metricInfos"]] == ["test/accuracy"]


def test_the_first_page_shows_runs_by_their_directory_and_no_chart_of_the_epoch(page: str, tmp_path: Path) -> None:
    page = shown(f"{page}#timeseries", tmp_path, "--virtual-time-budget=20000").page
    for text in ("adam", "sgd", "test/accuracy"):
        assert f'title="{text}"' in page or f">{text}<" in page or f" {text} " in page
    assert ">epoch<" not in page
