"""Models that are compiled or laid out channels last: what they compute, and what their checkpoints hold."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from compared import results
from in_process import SMALL, run
from lightning import LightningModule, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn
from torch._inductor import config
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy

from project import load
from project.acceleration import accelerate
from project.faults import FaultError
from project.loop import SupervisedLoop
from project.scheduler import Constant

needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch's compiler needs that of C++"
)
CNN = (
    *(setting for setting in SMALL if not setting.startswith("model")),
    # In double precision, since a network as small as this makes much of how a sum is rounded.
    *("model=small_cnn", "model.base_channels=4", "callbacks=[checkpoint,non_finite]", "trainer.precision=64-true"),
)
LAST = "checkpoints/last.ckpt"


def last(directory: Path) -> dict[str, Any]:
    held: dict[str, Any] = torch.load(directory / LAST, weights_only=True)
    return held


def alike(one: Path, two: Path, tolerance: float = 1e-4) -> None:
    """Hold two runs against each other: what they measured, and all that they would go on from."""
    for phase in ("validation", "test"):
        assert results(two)[phase] == pytest.approx(results(one)[phase], abs=10 * tolerance)
    for part in ("state_dict", "optimizer_states", "lr_schedulers"):
        torch.testing.assert_close(last(two)[part], last(one)[part], atol=tolerance, rtol=0)


@needs_compiler
@pytest.mark.long
def test_a_compiled_run_ends_as_one_that_is_not_and_any_run_loads_its_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "kernels"))
    plain, compiled = (run(tmp_path, *SMALL, f"compile={mode}") for mode in ("false", "reduce-overhead"))
    assert list(tmp_path.glob("kernels/**/*.cpp"))
    alike(plain, compiled)
    assert list(last(compiled)["state_dict"]) == list(last(plain)["state_dict"])
    weights: Mapping[str, Tensor] = load(compiled, "last").state_dict()
    torch.testing.assert_close(dict(weights), dict(last(compiled)["state_dict"]))


@pytest.mark.parametrize("begun", ["false", "true"])
def test_runs_of_either_layout_go_on_from_each_others_checkpoints(begun: str, tmp_path: Path) -> None:
    start = run(tmp_path, *CNN, f"channels_last={begun}") / LAST
    longer = (*CNN, "trainer.max_epochs=2", f"ckpt_path={start}")
    plain, other = (run(tmp_path, *longer, f"channels_last={layout}") for layout in ("false", "true"))
    alike(plain, other, tolerance=1e-8)


def test_a_model_is_given_images_channels_last_and_keeps_its_kernels_so() -> None:
    kernels = nn.Conv2d(3, 4, 3)
    seen = list[bool]()
    kernels.register_forward_hook(lambda _, inputs, __: seen.append(_channels_last(inputs[0])))
    measured(nn.Sequential(kernels, nn.Flatten(), nn.Linear(4 * 6 * 6, 3)), torch.randn(4, 3, 8, 8), channels_last=True)
    assert seen == [True, True]
    assert _channels_last(kernels.weight)


class Static(nn.Module):
    """Gives back the same memory at each call, as a replayed graph does."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = torch.zeros(2, 3)

    def compile(self, **_: Any) -> None:
        """Leave it as it is."""

    def forward(self, inputs: Tensor) -> Tensor:
        return self.memory.copy_(inputs)


def test_the_outputs_of_a_graph_are_kept_though_its_memory_is_used_again() -> None:
    logits = torch.eye(3)[[0, 1, 2, 0]]  # the labels are 0, 1, 2 and 0
    assert measured(Static(), logits, compiled="reduce-overhead")["test/accuracy"] == 1.0


def test_graphs_are_refused_where_gradients_are_accumulated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(tmp_path, *SMALL, "compile=reduce-overhead", "trainer.accumulate_grad_batches=2")
    assert "compile=reduce-overhead does not go with accumulate_grad_batches=2" in capsys.readouterr().err


def test_a_loop_without_a_model_is_refused() -> None:
    with pytest.raises(MisconfigurationException, match="LightningModule has no module 'model'"):
        accelerate(Trainer(accelerator="cpu", logger=False), LightningModule(), compiled=True, channels_last=False)


@needs_compiler
@pytest.mark.long
def test_a_model_that_cannot_be_compiled_is_told_in_words(tmp_path: Path) -> None:
    untyped: Any = config
    without = untyped.patch({"cpp.cxx": (None, "/nowhere"), "fx_graph_cache": False})
    with without, pytest.raises(FaultError, match=r"the model was not compiled.*\n.*\n  compile=false trains without"):
        run(tmp_path, *SMALL, "compile=true", "model.hidden_dim=7")


@needs_compiler
@pytest.mark.long
def test_an_average_of_compiled_weights_is_that_of_plain_ones(tmp_path: Path) -> None:
    line = (*SMALL, "callbacks=[checkpoint,ema]", "callbacks.ema.decay=0.5")
    alike(run(tmp_path, *line), run(tmp_path, *line, "compile=true"))


def measured(model: nn.Module, inputs: Tensor, compiled: Any = False, channels_last: bool = False) -> dict[str, Any]:
    """What a test of the model logs, on batches of two with the labels 0, 1, 2, 0."""
    metrics = {"accuracy": MulticlassAccuracy(3, average="micro")}
    loop = SupervisedLoop(model, cross_entropy, torch.optim.Adam, Constant(), metrics)
    quiet: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = Trainer(accelerator="cpu", enable_checkpointing=False, **quiet)
    accelerate(trainer, loop, compiled, channels_last)
    data = DataLoader(TensorDataset(inputs, torch.tensor([0, 1, 2, 0])), batch_size=2)
    [logged] = trainer.test(loop, data, verbose=False)
    return dict(logged)


def _channels_last(images: Tensor) -> bool:
    return images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
