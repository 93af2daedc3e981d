"""Validates an untrained model in two processes and prints what was logged, and what it should have been, as JSON."""

import json
from functools import partial

import torch
from lightning import Trainer, seed_everything
from torch.nn.functional import cross_entropy
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy

from project.loop import SupervisedLoop
from project.model import MLP
from project.scheduler import Constant


def main() -> None:
    """Run on both ranks; the first one reports."""
    seed_everything(0)
    inputs, target = torch.randn(40, 8), torch.randint(3, (40,))
    metrics = {"accuracy": MulticlassAccuracy(3, average="micro")}
    loop = SupervisedLoop(MLP(8, 3), cross_entropy, partial(SGD, lr=0.1), Constant(), metrics)
    trainer = Trainer(
        accelerator="cpu",
        devices=2,
        strategy="ddp",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.validate(loop, DataLoader(TensorDataset(inputs, target), batch_size=8), verbose=False)
    if trainer.is_global_zero:
        logged = {name: value.item() for name, value in trainer.callback_metrics.items()}
        prediction = loop(inputs)
        accuracy = (prediction.argmax(1) == target).float().mean()
        expected = {"val/loss": cross_entropy(prediction, target).item(), "val/accuracy": accuracy.item()}
        print(json.dumps({"logged": logged, "expected": expected}))  # noqa: T201


if __name__ == "__main__":
    main()
