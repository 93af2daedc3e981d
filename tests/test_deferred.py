"""What others import and a run does not need: not there in a common run, and as ever when it is used."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import SMALL

ROOT = Path(__file__).parents[1]
HEAVY = "sympy", "torch._dynamo.symbolic_convert", "triton.compiler", "matplotlib.pyplot", "matplotlib.figure"


def python(code: str, directory: Path, *arguments: str) -> str:
    """What a process of its own writes."""
    command, environment = [sys.executable, "-c", code, *arguments], os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def trained(directory: Path, *overrides: str) -> list[str]:
    """Of the heavy modules, those that there are after a run in a process of its own."""
    code = (
        "import runpy, sys\n"
        f"sys.argv[0] = {str(ROOT / 'train.py')!r}\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        f"sys.stderr.flush(); print('\\nthere:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    *_, last = python(code, directory, *SMALL, *overrides).splitlines()
    return last.removeprefix("there:").split()


def test_a_run_imports_neither_the_compiler_nor_what_draws(tmp_path: Path) -> None:
    assert trained(tmp_path, "preflight=true", "stages=[fit]") == []


def test_a_run_that_draws_imports_what_draws(tmp_path: Path) -> None:
    found = trained(tmp_path, "callbacks=[pictures]")
    assert "matplotlib.figure" in found
    assert "sympy" not in found


@pytest.mark.long
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs that of C++")
def test_a_run_that_compiles_imports_the_compiler(tmp_path: Path) -> None:
    assert "torch._dynamo.symbolic_convert" in trained(tmp_path, "compile=true")


BEFORE = """
import sys
from project.deferred import defer
defer()
import torch
"""
USES = {
    "a model is compiled, and known to be": """
from lightning.pytorch.utilities.compile import from_compiled, OptimizedModule
model = torch.nn.Linear(2, 2)
assert not isinstance(model, OptimizedModule)
assert "torch._dynamo.eval_frame" not in sys.modules
compiled = torch.compile(model, backend="eager")
assert isinstance(compiled, OptimizedModule)
assert torch.equal(compiled(torch.ones(1, 2)), model(torch.ones(1, 2)))
""",
    "the compiler leaves out what it was told to before it was there": """
@torch.compiler.disable
def left_out(x):
    assert not torch.compiler.is_compiling()
    return x + 1
assert left_out(1) == 2
assert "torch._dynamo.eval_frame" not in sys.modules
assert torch.compile(lambda x: left_out(x * 2), backend="eager")(torch.ones(1)) == 3
try:
    torch.compile(lambda x: left_out(x * 2), backend="eager", fullgraph=True)(torch.ones(1))
except Exception as error:
    assert "left_out" in str(error)
else:
    raise SystemExit("compiled")
""",
    "an optimizer steps before and after": """
def step():
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    weight.grad = torch.ones(1)
    optimizer.step()
    return float(weight)
assert step() == 0
assert "torch._dynamo.eval_frame" not in sys.modules
import torch._dynamo
torch._dynamo.reset()
assert step() == 0
""",
    "a part is imported once": """
import torch._dynamo
import torch._dynamo.exc as exc
import torch._dynamo.symbolic_convert
assert exc is sys.modules["torch._dynamo.exc"] is torch._dynamo.exc
assert exc.Unsupported is torch._dynamo.symbolic_convert.exc.Unsupported
assert exc.__spec__.origin == exc.__file__
""",
    "a setting is set before the compiler is there": """
import torch._dynamo.config
torch._dynamo.config.suppress_errors = True
assert "torch._dynamo.eval_frame" not in sys.modules
torch._dynamo.reset()
assert torch._dynamo.config.suppress_errors
""",
    "a metric is drawn": """
from torchmetrics.classification import MulticlassAccuracy
assert "matplotlib" not in sys.modules
metric = MulticlassAccuracy(3)
metric.update(torch.tensor([0, 1]), torch.tensor([0, 2]))
figure, axes = metric.plot()
from matplotlib.figure import Figure
assert isinstance(figure, Figure)
""",
    "a tensor that is shared out is known": """
from torch.distributed.tensor import DTensor, distribute_tensor
assert not isinstance(torch.ones(2), DTensor)
assert "torch.distributed.tensor._api" not in sys.modules
from torch.distributed import destroy_process_group, init_process_group
from torch.distributed.device_mesh import init_device_mesh
init_process_group("gloo", init_method=f"file://{sys.argv[1]}/group", rank=0, world_size=1)
assert isinstance(distribute_tensor(torch.ones(2), init_device_mesh("cpu", (1,))), DTensor)
destroy_process_group()  # whose threads may else keep the process from ending
""",
    "what was taken is derived from and pickled": """
import pickle
from torch.distributed.tensor import DTensor
class Own(DTensor):
    pass
assert Own.__mro__[1] is sys.modules["torch.distributed.tensor"].DTensor
assert pickle.loads(pickle.dumps(DTensor)) is Own.__mro__[1]
""",
    "everything is there when it is settled": """
import lightning
from project.deferred import settle
settle()
import torch._dynamo, torchmetrics.utilities.plot
assert type(torch._dynamo) is type(torchmetrics.utilities.plot) is type(sys)
assert torch._dynamo.OptimizedModule is torch._dynamo.eval_frame.OptimizedModule
""",
}


@pytest.mark.parametrize("use", USES)
def test_what_was_put_off_is_as_ever_when_it_is_used(use: str, tmp_path: Path) -> None:
    python(BEFORE + USES[use], tmp_path, str(tmp_path))
