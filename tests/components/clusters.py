"""Small clusters of points, and Trainers that are quiet about them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

# N = 60 examples of D = 8 numbers around K = 3 centres, in batches of 16: 4 steps an epoch, the last of 12 examples

Loader = DataLoader[tuple[Tensor, ...]]


def clusters(seed: int) -> TensorDataset:
    centres = 2.0 * torch.eye(3, 8)
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(3, (60,), generator=generator)
    return TensorDataset(centres[target] + torch.randn(60, 8, generator=generator), target)


def loader(seed: int, *, shuffle: bool = False) -> Loader:
    return DataLoader(clusters(seed), batch_size=16, shuffle=shuffle)


def adam(parameters: Iterable[Parameter]) -> Adam:
    return Adam(parameters, lr=0.01)


def trainer(path: Path, **settings: Any) -> Trainer:
    defaults: dict[str, Any] = {
        "accelerator": "cpu",
        "default_root_dir": path,
        "max_epochs": 1,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return Trainer(**defaults | settings)
