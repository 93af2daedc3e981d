"""Command lines that train one batch with every option of the catalogue, alone and in pairs.

Pairs are those of options that can go together: a task brings its data, its losses and its metrics.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from every_datamodule import small_cifar, write_images
from image_places import fill, small_contents
from in_process import run
from torchvision.models import ResNet18_Weights, resnet18

import configs
from project.datamodule import CIFAR10, CIFAR100, MNIST
from project.datamodule.fashion_mnist import SUBSET

ONE_BATCH = (
    *("trainer.accelerator=cpu", "trainer.devices=1", "trainer.max_epochs=1", "trainer.log_every_n_steps=1"),
    *(f"trainer.limit_{phase}_batches=1" for phase in ("train", "val", "test")),
    *("datamodule.batch_size=6", "preflight=false"),
    "optimizer.lr=1e-4",  # a deep network that has seen six images overflows after one long step
)
SETTINGS = {
    "mnist": ["datamodule.data_dir={data}"],
    "cifar10": ["datamodule.data_dir={data}"],
    "cifar100": ["datamodule.data_dir={data}"],
    "image_folder": ["datamodule.data_dir={data}/folder", "datamodule.num_classes=3", "datamodule.num_workers=0"],
    "datasets": ["datamodule.num_workers=0"],
    "fake": ["datamodule.size=60"],
}
BUNDLED = {"fashion_mnist", "fashion_mnist_augmented", "fashion_attributes", "footwear", "rotated_fashion_mnist"}
ELSEWHERE = {
    **dict.fromkeys(("gpu", "mps"), "needs the device"),
    **dict.fromkeys(("ddp", "ddp_spawn", "fsdp"), "starts processes: tests/engines/test_ranks.py"),
}

Groups = Mapping[str, Sequence[str]]
CLASSIFIERS = tuple(option for option in configs.model.options if option != "conv_autoencoder")
OPTIMIZERS, SCHEDULERS = tuple(configs.optimizer.options), tuple(configs.scheduler.options)
TASKS: dict[str, Groups] = {
    "classes": {
        "datamodule": [
            *("fashion_mnist", "fashion_mnist_augmented", "mnist", "cifar10", "cifar100", "fake", "image_folder"),
            "datasets",
        ],
        "model": CLASSIFIERS,
        "loss": ["cross_entropy", "label_smoothing", "focal"],
        "optimizer": OPTIMIZERS,
        "scheduler": SCHEDULERS,
        "metrics": ["accuracy", "f1", "auroc", "calibration_error"],
        "loop": ["supervised", "mixup", "cutmix"],
        "trainer": ["auto", "cpu"],
    },
    "labels": {
        "datamodule": ["fashion_attributes"],
        "model": ["mlp", "beeg_mlp", "small_cnn"],
        "loss": ["bce"],
        "optimizer": OPTIMIZERS,
        "metrics": [option for option in configs.metrics.options if option.startswith("multilabel")],
    },
    "answers": {
        "datamodule": ["footwear"],
        "model": ["mlp", "beeg_mlp", "small_cnn"],
        "loss": ["bce"],
        "optimizer": OPTIMIZERS,
        "metrics": [option for option in configs.metrics.options if option.startswith("binary")],
    },
    "numbers": {
        "datamodule": ["rotated_fashion_mnist"],
        "model": ["mlp", "small_cnn", "vit"],
        "loss": ["mse", "mae", "huber"],
        "optimizer": OPTIMIZERS,
        "scheduler": SCHEDULERS,
        "metrics": ["mae", "mse", "rmse", "r2"],
        "loop": ["regression"],
    },
    "images": {
        "datamodule": ["fashion_mnist", "cifar10", "footwear", "rotated_fashion_mnist"],
        "model": ["conv_autoencoder"],
        "loss": ["mse", "mae", "huber"],
        "optimizer": OPTIMIZERS,
        "metrics": ["mae", "mse", "rmse"],
        "loop": ["autoencoder"],
    },
}
BESIDE: dict[str, Groups] = {
    "logger": {"logger": list(configs.logger.options)},
    "callbacks": {"callbacks": list(configs.callbacks.options)},
    "top5": {"metrics": ["top5"]},
}


@dataclass(frozen=True)
class Row:
    """One command line, as the option chosen of each group."""

    task: str
    choices: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " ".join(f"{group}={option}" for group, option in self.choices)

    def line(self, data: Path) -> list[str]:
        """The overrides, `data` being where the small datasets lie."""
        chosen = dict(self.choices)
        many = {"metrics", "logger", "callbacks"}
        said = [f"{key}=[{value}]" if key in many else f"{key}={value}" for key, value in self.choices]
        datamodule = chosen.get("datamodule", "fashion_mnist")
        settings = ["datamodule.source=bundled"] if datamodule in BUNDLED else SETTINGS[datamodule]
        # What an option leaves in a checkpoint is read again, as tensors and primitives, before the test.
        small = chosen.get("model", "mlp") in {"mlp", "small_cnn", "conv_autoencoder"}
        beside = {"logger": "[]", "callbacks": "[checkpoint]" if small else "[]"}
        quiet = [f"{key}={value}" for key, value in beside.items() if key not in chosen]
        model = [] if "model" in chosen else ["model=mlp"]
        return [*said, *(item.format(data=data) for item in settings), *quiet, *model, "monitor=val/loss", "mode=min"]


def pairs() -> list[Row]:
    """Rows in which any two options of a task that are of two groups meet."""
    all_pairs: Callable[[list[Sequence[str]]], Iterable[list[str]]] = import_module("allpairspy").AllPairs
    return [
        Row(task, tuple(zip(options, row, strict=True)))
        for task, options in TASKS.items()
        for row in all_pairs(list(options.values()))
    ]


def alone(tasks: Mapping[str, Groups]) -> list[Row]:
    """Each option once, beside the first of every other group of its task."""
    found = list[Row]()
    for task, options in tasks.items():
        first = {group: chosen[0] for group, chosen in options.items()}
        rows = [{**first, group: option} for group, chosen in options.items() for option in chosen]
        found += dict.fromkeys(Row(task, tuple(row.items())) for row in rows)
    return found


@contextmanager
def small_data(directory: Path) -> Generator[Path, None, None]:
    """Small datasets in the real formats, and weights in the place of torchvision's."""
    fill(replace(MNIST.archive, files=SUBSET.files).folder(directory), small_contents())
    for part in ("train", "test"):
        write_images(directory / "folder", part)
    weights = directory / "hub" / "checkpoints" / Path(ResNet18_Weights.DEFAULT.url).name
    weights.parent.mkdir(parents=True)
    torch.save(resnet18().state_dict(), weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MNIST, "archive", replace(MNIST.archive, files=SUBSET.files, share="none"))
        for kind in (CIFAR10, CIFAR100):
            patch.setattr(kind, "archive", small_cifar(kind, directory).archive)
        patch.setenv("TORCH_HOME", str(directory))
        yield directory


def trains(row: Row, data: Path, directory: Path) -> None:
    found = run(directory, *ONE_BATCH, *row.line(data))
    outcome: Any = (found / "results.json").read_text()
    assert '"steps": 1,' in outcome
    assert '"test/loss": ' in outcome
    assert "null" not in outcome.partition('"test"')[2].partition("}")[0], "a metric is NaN"
