"""Every loss, optimizer, schedule, metric and loop of the catalogue on a real batch, as the catalogue builds it."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hydra import compose, initialize
from lightning import Trainer
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

import configs
from project.config import build, check

# B = 6 images of (1, 28, 28), K = 10 classes or labels

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers")

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(6, 1, 28, 28, generator=GENERATOR)
TARGETS = {
    "classes": torch.randint(10, (6,), generator=GENERATOR),
    "labels": torch.randint(2, (6, 10), generator=GENERATOR),
    "answers": torch.randint(2, (6, 1), generator=GENERATOR),
    "numbers": torch.randn(6, 1, generator=GENERATOR),
}
RUNS = [
    ("classes", "loss=cross_entropy optimizer=adam scheduler=none loop=supervised metrics=[accuracy,f1,top5]"),
    ("classes", "loss=label_smoothing optimizer=adamw scheduler=linear loop=mixup metrics=[auroc,calibration_error]"),
    ("classes", "loss=focal optimizer=sgd scheduler=trapezoid loop=cutmix"),
    ("classes", "optimizer=muon scheduler=step callbacks=[ema]"),
    ("labels", "loss=bce scheduler=multistep metrics=[multilabel_accuracy,multilabel_f1]"),
    ("labels", "loss=bce scheduler=exponential metrics=[multilabel_auroc,multilabel_average_precision]"),
    ("answers", "loss=bce scheduler=warmup metrics=[binary_accuracy,binary_f1] model.output_dim=1"),
    ("answers", "loss=bce scheduler=cosine metrics=[binary_auroc,binary_average_precision] model.output_dim=1"),
    ("numbers", "loss=huber scheduler=plateau loop=regression metrics=[mae,r2] model.output_dim=1 monitor=val/mae"),
    ("numbers", "loss=mae scheduler=warmup_cosine loop=regression metrics=[rmse] model.output_dim=1"),
    ("classes", "loss=mse scheduler=one_cycle loop=autoencoder metrics=[mse] model.output_dim=784"),
]


@pytest.fixture(scope="module", autouse=True)
def _hydra() -> Iterator[None]:
    with initialize(version_base=None, config_path=None):
        yield


@pytest.mark.parametrize(("target", "line"), RUNS, ids=[line for _, line in RUNS])
def test_what_is_chosen_trains_validates_and_tests_a_batch(target: str, line: str) -> None:
    config: Any = compose("config", ["output_dir=outputs", "model=mlp", "callbacks=[]", *line.split()])
    check(config)
    loop, callbacks = build(config.loop), build(config.callbacks)
    trainer = Trainer(
        fast_dev_run=True, accelerator="cpu", callbacks=list(callbacks.values()), enable_progress_bar=False
    )
    before = [parameter.clone() for parameter in loop.parameters()]
    batches: DataLoader[tuple[Tensor, ...]] = DataLoader(TensorDataset(IMAGES, TARGETS[target]), batch_size=6)
    trainer.fit(loop, batches, batches)
    assert all(value.isfinite() for value in trainer.callback_metrics.values())
    assert any(not torch.equal(old, new) for old, new in zip(before, loop.parameters(), strict=True))
    (tested,) = trainer.test(loop, batches, verbose=False)
    assert tested.keys() == {"test/loss", *(f"test/{name}" for name in config.metrics)}


@pytest.mark.parametrize("group", ["loss", "optimizer", "scheduler", "metrics", "loop"])
def test_no_option_is_left_out(group: str) -> None:
    chosen = [
        word.removeprefix(f"{group}=") for _, line in RUNS for word in line.split() if word.startswith(f"{group}=")
    ]
    assert {name for each in chosen for name in each.strip("[]").split(",")} == getattr(configs, group).options.keys()
