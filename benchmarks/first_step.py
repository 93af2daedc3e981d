"""A program that ends with its first training step: one by hand or, with arguments, ours."""

import os
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

LOOP = "project.loop.loop"
HERE = os.getpid()


def end(*_: Any) -> None:
    """Leave at once, unless it is the preflight's step, which a fork takes."""
    if os.getpid() == HERE:
        sys.stdout.flush()
        os._exit(0)


class Ending:
    """Lets our loop end with its first step, wherever in the program it is imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Of our loop, a module that ends so."""
        spec = PathFinder.find_spec(name, path, target) if name == LOOP else None
        if spec is None or spec.loader is None:
            return None
        execute: Any = spec.loader.exec_module

        def executed(module: Any) -> None:
            execute(module)
            module.Loop.on_train_batch_end = end

        spec.loader.exec_module = executed  # type: ignore[method-assign]
        return spec


def by_hand() -> None:
    """What one writes without a framework of configs: random data, the same model, Lightning's defaults."""
    import torch
    from lightning import LightningModule, Trainer
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    class Plain(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = nn.Sequential(nn.Flatten(), nn.Linear(784, 784), nn.ReLU(), nn.Linear(784, 10))

        def training_step(self, batch: Any, _: int) -> torch.Tensor:
            return nn.functional.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

        def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
            end()

    data = TensorDataset(torch.randn(6000, 1, 28, 28), torch.randint(10, (6000,)))
    Trainer(max_epochs=1, accelerator="cpu", devices=1).fit(Plain(), DataLoader(data, 64))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        by_hand()
    else:
        sys.argv = sys.argv[1:]
        sys.path[0] = os.path.dirname(sys.argv[0])  # noqa: PTH120  (Python's own start takes it so)
        sys.meta_path.insert(0, Ending())
        runpy.run_path(sys.argv[0], run_name="__main__")
