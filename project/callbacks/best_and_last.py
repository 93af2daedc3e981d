"""The checkpoints of a run: the best weights, and where it goes on from."""

import time
from pathlib import Path
from typing import Annotated, Any, Literal, final

from annotated_types import Ge, Gt
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint


@final
class BestAndLast(ModelCheckpoint):
    """Keeps `best.ckpt`, by a logged value, and `last.ckpt`, from which a run goes on exactly.

    The best is Lightning's affair. The last is saved after each epoch whether it was better or not, and within epochs
    where asked for; by whom and when, see `project.resume`. It replaces a file of its name.

    Args:
        dirpath: where they are written.
        monitor: the logged value; None takes the newest weights for the best.
        mode: whether a larger or a smaller value is better.
        filename: of the best, without its suffix.
        save_top_k: how many of the best are kept, -1 for all.
        every_n_epochs: how often to look for a better one.
        save_weights_only: leave optimizer and progress out of the best.
        last_every_n_steps: also save the last after so many optimizer steps, counted over the whole run.
        last_every_n_minutes: also save it after so much time.

    Raises:
        ValueError: if `last_every_n_steps` or `last_every_n_minutes` is not above 0.
    """

    def __init__(
        self,
        dirpath: str | Path,
        monitor: str | None = None,
        mode: Literal["min", "max"] = "min",
        filename: str = "best",
        save_top_k: Annotated[int, Ge(-1)] = 1,
        every_n_epochs: Annotated[int, Ge(1)] = 1,
        save_weights_only: bool = False,
        last_every_n_steps: Annotated[int, Ge(1)] | None = None,
        last_every_n_minutes: Annotated[float, Gt(0)] | None = None,
    ) -> None:
        for name, value in (("steps", last_every_n_steps), ("minutes", last_every_n_minutes)):
            if value is not None and value <= 0:
                raise ValueError(f"last_every_n_{name}={value}: must be above 0, or left out.")
        super().__init__(
            dirpath,
            filename=filename,
            monitor=monitor,
            mode=mode,
            save_top_k=save_top_k,
            every_n_epochs=every_n_epochs,
            save_weights_only=save_weights_only,
            # With a single best, what an interrupted run has left is in nobody's way.
            enable_version_counter=save_top_k not in (0, 1),
        )
        self.last_every_n_steps = last_every_n_steps
        self.last_every_n_minutes = last_every_n_minutes
        self._saved_at = time.monotonic()

    on_train_batch_end = Callback.on_train_batch_end
    """Nothing is saved at a step; Lightning's asks at each whether to."""

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Remove those of the best that were saved later than the checkpoint from which training goes on."""
        state = checkpoint.get("callbacks", {}).get(self.state_key)
        if trainer.state.fn != "fit" or not trainer.is_global_zero or state is None or self.save_top_k in (0, 1):
            return
        known = {Path(path).name for path in state["best_k_models"]}
        for path in Path(str(self.dirpath)).glob(f"{self.filename}*.ckpt"):
            if path.name not in known:
                path.unlink()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there; Lightning leaves the latest score behind."""
        super().load_state_dict(state_dict)
        self.current_score = state_dict["current_score"]

    def due(self, trainer: Trainer) -> bool:
        """Whether the last is to be saved in the middle of an epoch."""
        steps, minutes = self.last_every_n_steps, self.last_every_n_minutes
        if steps is not None and trainer.global_step % steps == 0:
            return True
        if minutes is None:
            return False
        # One clock for all ranks, which save together.
        return bool(trainer.strategy.broadcast(time.monotonic() - self._saved_at >= 60 * minutes))

    def keep_last(self, trainer: Trainer) -> None:
        """Save the last."""
        if trainer.fast_dev_run:  # type: ignore[attr-defined]  # set by one of its connectors
            return
        self.last_model_path = str(Path(str(self.dirpath)) / "last.ckpt")
        trainer.save_checkpoint(self.last_model_path)
        self._saved_at = time.monotonic()
