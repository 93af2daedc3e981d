"""The numbers of a report, and that a preflight leaves nothing behind."""

import random
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import torch
from flights import images, supervised
from lightning import LightningDataModule, Trainer, seed_everything
from torch import Tensor, nn
from torch.optim import SGD
from torchvision import models

from project.model import MLP, BeegYoshiMLP
from project.preflight import preflight
from project.preflight.precision import Precision

# B = batch, D = inputs, H = hidden, K = classes
B, D, H, K = 64, 784, 256, 10
NUMBERS = D * H + H + H * K + K


def test_parameters_flops_and_memory_of_a_perceptron_are_those_by_hand() -> None:
    report = preflight(images(), supervised(MLP(D, K, hidden_dim=H)))
    assert report.memory is not None
    assert (report.parameters, report.trainable) == (NUMBERS, NUMBERS)
    forward, weights, inputs = 2 * B * (D * H + H * K), 2 * B * (D * H + H * K), 2 * B * H * K
    assert report.flops == forward + weights + inputs
    assert report.memory.parameters == report.memory.gradients == 4 * NUMBERS
    steps = 4 * 4  # Adam counts for each of the four parameters
    assert report.memory.optimizer_state == 2 * 4 * NUMBERS + steps
    # Hidden layer after ReLU, logarithms of probabilities, the loss with its normalisation, and the prediction, which
    # waits for others until the metrics are told of it.
    assert report.memory.activations == 4 * (B * H + B * K + 2 + B * K)
    held = 4 * NUMBERS * 4 + 4 * B * D + 8 * B
    assert held < report.memory.peak < held + 3 * 4 * D * H


def saved_by_a_real_step(model: nn.Module, batch: tuple[Tensor, Tensor]) -> int:
    """Bytes that autograd really keeps, each storage once, without parameters and batch."""
    apart = {each.untyped_storage().data_ptr() for each in (*model.parameters(), *model.buffers(), *batch)}
    sizes: dict[int, int] = {}
    kept: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in apart:
            kept.append(tensor)
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    def unpack(tensor: Tensor) -> Tensor:
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        nn.functional.cross_entropy(model(batch[0]), batch[1])
    return sum(sizes.values())


@pytest.mark.parametrize(
    ("model", "size", "channels"),
    [
        (MLP(784, 10, num_layers=4), 28, 1),
        (models.resnet18(num_classes=10), 32, 3),
        (models.SwinTransformer([4, 4], 24, [2, 2], [3, 6], [4, 4], num_classes=10), 32, 3),
    ],
    ids=["mlp", "resnet18", "swin"],
)
def test_activations_are_what_a_real_step_keeps(model: nn.Module, size: int, channels: int) -> None:
    data = images(size, channels, batch_size=16)
    report = preflight(data, supervised(model, metrics={}))
    assert report.memory is not None
    assert report.memory.activations == pytest.approx(saved_by_a_real_step(model, data.example_batch()), rel=0.03)


class Attentive(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(28, 4, dropout=dropout, batch_first=True)
        self.head = nn.Linear(784, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        rows = inputs.squeeze(1)
        logits: Tensor = self.head(self.attention(rows, rows, rows, need_weights=False)[0].flatten(1))
        return logits


class Functional(Attentive):
    def __init__(self, dropout: float) -> None:
        super().__init__(dropout)
        self.dropout = dropout

    def forward(self, inputs: Tensor) -> Tensor:
        rows = self.attention.in_proj_weight.mean() * inputs
        mixed = nn.functional.scaled_dot_product_attention(rows, rows, rows, None, self.dropout, False)
        logits: Tensor = self.head(mixed.flatten(1))
        return logits


@pytest.mark.parametrize("model", [Attentive, Functional])
def test_attention_with_dropout_is_not_charged_for_its_weights(model: type[Attentive]) -> None:
    with_dropout, without = (preflight(images(), supervised(model(dropout))).memory for dropout in (0.1, 0.0))
    assert with_dropout is not None
    assert with_dropout == without


def test_true_halves_take_half_and_mixed_ones_less_for_activations() -> None:
    model = nn.Sequential(*[nn.Conv2d(3, 3, 3) for _ in range(4)], nn.Flatten(), nn.Linear(3 * 56**2, 10))

    def memory(precision: str) -> Any:
        return preflight(images(64, 3), supervised(model), precision=precision).memory

    full, half, mixed = memory("32"), memory("bf16-true"), memory("bf16-mixed")
    assert half.parameters == pytest.approx(full.parameters / 2, rel=0.01)
    assert half.peak == pytest.approx(full.peak / 2, rel=0.05)
    assert mixed.parameters == full.parameters
    # Weights are kept in both precisions.
    assert full.activations / 2 < mixed.activations < 0.85 * full.activations


def test_memory_that_is_not_there_is_a_problem() -> None:
    loop = supervised(MLP(784, 10))
    peak = preflight(images(), loop).memory.peak  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    assert preflight(images(), loop, device_memory=2 * peak).problems == ()
    [trouble] = preflight(images(), loop, device_memory=peak // 2).problems
    assert trouble.component == "memory"
    assert "a training step with a batch of 64 takes about" in trouble.message


def test_a_batch_far_beyond_memory_takes_none() -> None:
    report = preflight(images(batch_size=10**9), supervised(MLP(784, 10)))
    assert report.memory is not None
    assert report.memory.peak > 10**12
    assert report.problems == ()


def test_a_monitor_that_nothing_logs_is_visible() -> None:
    logged = preflight(images(), supervised(MLP(784, 10))).logged
    assert any("val/accuracy" in names for names in logged.values())
    assert not any("val/acuracy" in names for names in logged.values())


def state(loop: nn.Module) -> list[object]:
    """Everything that a preflight might leave changed, as identities and sizes."""
    found: list[object] = [random.getstate(), torch.get_rng_state().sum(), torch.get_default_dtype()]
    for module in loop.modules():
        attributes: dict[str, Any] = vars(module)
        found += [(name, id(value)) for name, value in sorted(attributes.items()) if not isinstance(value, bool)]
        found += [(name, len(value)) for name, value in attributes.items() if hasattr(value, "__len__")]
        found.append(module.training)
    for parameter in loop.parameters():
        found += [id(parameter), parameter.detach().sum(), parameter.grad]
    return found


@pytest.mark.parametrize("model", [MLP(784, 10), MLP(100, 10)], ids=["right", "wrong"])
def test_nothing_is_left_on_the_loop_nor_in_the_random_states(model: nn.Module) -> None:
    loop = supervised(model)
    before = state(loop)
    preflight(images(), loop, precision="bf16-true")
    assert state(loop) == before


def losses(path: Path, data: LightningDataModule, loop: Any) -> dict[str, Tensor]:
    settings: dict[str, Any] = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(accelerator="cpu", default_root_dir=path, max_epochs=1, enable_model_summary=False, **settings)
    trainer.fit(loop, data)
    return dict(trainer.callback_metrics)


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*smaller than the logging interval")
def test_a_run_is_the_same_after_a_preflight(tmp_path: Path) -> None:
    def run(*, checked: bool) -> dict[str, Tensor]:
        seed_everything(0, verbose=False)
        data, loop = images(), supervised(MLP(784, 10, dropout=0.5))
        if checked:
            preflight(data, loop)
        return losses(tmp_path, data, loop)

    torch.testing.assert_close(run(checked=True), run(checked=False), rtol=0.0, atol=0.0)


def test_the_default_run_is_checked_within_a_second() -> None:
    loop = supervised(BeegYoshiMLP(784, 10, beeg_factor=1))
    began = perf_counter()
    preflight(images(), loop)
    assert perf_counter() - began < 1.0


def test_momentum_costs_one_copy_and_plain_descent_none() -> None:
    def kept(momentum: float) -> int:
        loop = supervised(MLP(784, 10), optimizer=lambda parameters: SGD(parameters, lr=0.1, momentum=momentum))
        memory = preflight(images(), loop).memory
        assert memory is not None
        return memory.optimizer_state

    assert (kept(0.0), kept(0.9)) == (0, 4 * NUMBERS)


def test_integers_keep_their_dtype_in_every_precision() -> None:
    halved = Precision.of("16-true")
    assert halved is not None
    stored = halved.store({"x": torch.zeros(2), "y": torch.zeros(2, dtype=torch.int64)})
    assert (stored["x"].dtype, stored["y"].dtype) == (torch.float16, torch.int64)
