"""Weights & Biases, offline unless told otherwise."""

import os
from argparse import Namespace
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, final

from lightning.pytorch import loggers
from lightning.pytorch.utilities import rank_zero_only

from .run_id import RunId
from .run_name import run_name


@final
class WandbLogger(loggers.WandbLogger):
    """Logs to Weights & Biases: into `save_dir`/wandb, which `wandb sync` uploads, or straight to the server.

    Each logger is a run of its own, so that jobs of a sweep, which share a process, do not write into one another's.

    Args:
        save_dir: the run's directory; its name is the run's.
        project: what the run is filed under.
        offline: write to `save_dir` alone and open no connection.
        group: of runs that belong together.
        tags: to find the run by.

    """

    requires: ClassVar[Mapping[str, str]] = {"wandb": "project[wandb]"}

    def __init__(
        self,
        save_dir: str,
        project: str = "project",
        offline: bool = True,
        group: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> None:
        # Read when wandb is imported: it reports its own errors to its makers.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        # Lightning's own `offline` sets a variable of the whole process, which a later online run would obey.
        super().__init__(
            name=run_name(save_dir),
            save_dir=save_dir,
            project=project,
            mode="offline" if offline else "online",
            group=group,
            tags=list(tags),
            reinit="create_new",
            settings={"silent": True},
        )
        # Lightning passes this on whatever it is, and wandb warns that it will go.
        self._wandb_init.pop("anonymous", None)
        self._kept = RunId(save_dir, "wandb")

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace) -> None:
        """Log them, and keep the run's id."""
        super().log_hyperparams(params)
        untyped: Any = self
        self._kept.write(str(untyped.experiment.id))

    def mark(self) -> dict[str, Any]:
        """Nothing: what is sent to a server stays there."""
        return {}

    @rank_zero_only
    def rewind(self, mark: Mapping[str, Any] | None) -> None:
        """Go on with the same run; a step that is logged again has the value that it had."""
        if (run_id := self._kept.read()) is not None:
            self._wandb_init["id"] = self._id = run_id
            if self._wandb_init["mode"] == "online":
                self._wandb_init["resume"] = "allow"

    @property
    def experiment(self) -> Any:
        """The run of wandb, which is begun when it is first asked for; after that wandb itself waits for a server."""
        lightnings: Any = super()
        try:
            return lightnings.experiment
        except import_module("wandb.errors").CommError as error:
            first = str(error).partition("\n")[0]
            what = "the server of Weights & Biases does not answer; keep to logger.wandb.offline=true"
            raise ConnectionError(f"{what}: {first}") from error

    @rank_zero_only
    def finish(self, failed: bool) -> None:
        """End the run, if it ever began."""
        if self._experiment is not None:
            self._experiment.finish(exit_code=int(failed))
            self._experiment = None
