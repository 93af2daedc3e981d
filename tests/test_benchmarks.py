"""The benchmarks' own loops, where there is nothing to measure."""

from functools import partial

import pytest
import torch
from lightning import seed_everything
from torch import Tensor

from benchmarks import gpu
from benchmarks.by_hand import Captured, How, Step
from project.model import MLP

HOW = How(torch.device("cpu"), half=False, channels_last=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_measured_and_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main() == 2
    assert "torch finds no GPU" in capsys.readouterr().out


def test_a_step_that_is_replayed_trains_as_one_that_is_called() -> None:
    batches = [(torch.randint(256, (4, 1, 4, 4), dtype=torch.uint8), torch.randint(3, (4,))) for _ in range(3)]
    trained = list[dict[str, Tensor]]()
    for way in ("plain", "graph"):
        seed_everything(0, verbose=False)
        step = Step(partial(MLP, 16, 3, 8), HOW._replace(way=way))
        taken = Captured(step, *map(torch.empty_like, batches[0])) if way == "graph" else step
        losses = torch.stack([taken(*batch).clone() for batch in batches])
        trained.append({**step.model.state_dict(), "losses": losses})
    torch.testing.assert_close(*trained, atol=0, rtol=0)
