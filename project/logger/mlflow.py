"""MLflow, in one SQLite database for all runs unless told otherwise."""

import os
from argparse import Namespace
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, final

from lightning.pytorch import loggers
from lightning.pytorch.utilities import rank_zero_only

from .reachable import Reachable
from .run_id import RunId
from .run_name import run_name

SQLITE = "sqlite:///"


@final
class MLFlowLogger(loggers.MLFlowLogger):
    """Logs to an MLflow database, which `mlflow ui --backend-store-uri sqlite:///outputs/mlflow.db` shows.

    Args:
        save_dir: the run's directory; its name is the run's.
        experiment_name: what the run is filed under.
        tracking_uri: an SQLite file, beside which the artifacts are kept in a folder of its name, or a server. The run
            goes on without a server that goes away.

    Raises:
        ConnectionError: when the run begins, if the server does not answer.

    """

    requires: ClassVar[Mapping[str, str]] = {"mlflow": "project[mlflow]"}

    def __init__(
        self,
        save_dir: str,
        experiment_name: str = "project",
        tracking_uri: str = "sqlite:///outputs/mlflow.db",
    ) -> None:
        # Both are read when mlflow is imported: it reports its use to its makers, and how it fills its tables to all.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        # A training waits while a server is called again, by itself for minutes.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        artifacts = None
        if tracking_uri.startswith(SQLITE):
            database = Path(tracking_uri.removeprefix(SQLITE)).absolute()
            database.parent.mkdir(parents=True, exist_ok=True)
            # MLflow keeps one connection for each text of an address, wherever the process may have gone since.
            tracking_uri, artifacts = f"{SQLITE}{database}", str(database.with_suffix(""))
        super().__init__(
            experiment_name=experiment_name,
            run_name=run_name(save_dir),
            tracking_uri=tracking_uri,
            artifact_location=artifacts,
        )
        self._kept = RunId(save_dir, "mlflow")
        untyped: Any = self
        untyped._mlflow_client = Reachable(
            untyped._mlflow_client, tracking_uri, import_module("mlflow.exceptions").MlflowException
        )
        self._logged: dict[str, int] = {}

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace) -> None:
        """Log them, and keep the run's id."""
        super().log_hyperparams(params)
        self._kept.write(str(self.run_id))

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log what is not there yet."""
        new = {name: value for name, value in metrics.items() if (step or 0) > self._logged.get(name, -1)}
        if new:
            super().log_metrics(new, step)

    def mark(self) -> dict[str, Any]:
        """Nothing: a database forgets no value."""
        return {}

    @rank_zero_only
    def rewind(self, mark: Mapping[str, Any] | None) -> None:
        """Go on with the same run: values that it has already would only be logged a second time."""
        if (run_id := self._kept.read()) is not None:
            self._run_id = run_id
            untyped: Any = self
            client: Any = untyped.experiment
            for name in client.get_run(run_id).data.metrics:
                self._logged[name] = max(point.step for point in client.get_metric_history(run_id, name))
