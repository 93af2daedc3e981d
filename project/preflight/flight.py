"""The preflight of a run."""

from collections.abc import Iterable
from dataclasses import replace as changed
from math import inf

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.parameter import is_lazy

from .batch import Batch, declared
from .plain_fakes import PlainFakes
from .precision import Precision
from .rehearsal import Findings, Setting, rehearse
from .report import Report, Trouble
from .samples import Samples
from .verdict import judge

_SMALL = 50_000_000
"""Parameters up to which a model is tried for real on a few examples when it fails on fake tensors."""


def preflight(
    datamodule: object,
    loop: LightningModule,
    *,
    precision: str | int | None = None,
    total_steps: float = 1000,
    device_memory: int | None = None,
) -> Report:
    """Run one step of training and one of validation on tensors that have shape and dtype but no memory.

    What fails there is tried again on a few real examples before it is called a problem. No device but the CPU is used,
    loop and random states are left as they were, and an exception inside the loop is reported, not raised. Values of
    the parameters play no role.

    Args:
        datamodule: whose batch is used, if it `DeclaresBatch`.
        loop: with model, loss, optimizer and metrics, built for real and on the CPU.
        precision: as the Trainer takes it.
        total_steps: of the run, for the scheduler; inf for a run without an end.
        device_memory: bytes that the step may take, if that is known.

    """
    # Autograd counts devices once, and fake tensors pretend to one: started first, it needs no threads for it.
    torch.ones((), requires_grad=True).backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    with isolate_rng(include_cuda=False):
        return _preflight(datamodule, loop, precision, total_steps, device_memory)


def _preflight(
    datamodule: object,
    loop: LightningModule,
    precision: str | int | None,
    total_steps: float,
    device_memory: int | None,
) -> Report:
    settled = Precision.of(precision)
    unchecked = [] if settled else [f"precision={precision} is not known here; checked as float32"]
    setting = Setting(loop, datamodule, total_steps if total_steps == inf else int(total_steps))
    # Without support for real tensors mixed in, a constant kept outside the parameters would be an error.
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    mode.fake_tensor_converter = PlainFakes()
    batch = None
    try:
        batch = declared(datamodule, mode)
    except Exception as error:
        unchecked.append(f"{type(datamodule).__name__}: only the optimizer was built, for want of a batch: {error}")
    fake = _on_fakes(setting, batch, mode, settled or Precision())
    real = _second_opinion(setting, batch, fake, settled or Precision())
    problems, rest = judge(fake, real)
    problems += _too_large(fake, batch, device_memory)
    return Report(
        parameters=_count(loop.parameters()),
        trainable=_count(parameter for parameter in loop.parameters() if parameter.requires_grad),
        flops=fake.flops,
        memory=fake.memory,
        logged={**(real.logged if real else {}), **fake.logged},
        problems=tuple(problems),
        unchecked=(*unchecked, *rest),
    )


def _on_fakes(setting: Setting, batch: Batch | None, mode: FakeTensorMode, precision: Precision) -> Findings:
    def convert(tensor: Tensor) -> Tensor:
        return mode.from_tensor(tensor)

    return rehearse(setting, batch.fake if batch else None, convert, Samples(batch), precision)


def _second_opinion(setting: Setting, batch: Batch | None, fake: Findings, precision: Precision) -> Findings | None:
    """The same for real, if something failed and the model is small; without autocast, which differs by device."""
    if not fake.suspicions or _count(setting.loop.parameters()) > _SMALL:
        return None
    return rehearse(setting, batch.real if batch else None, torch.clone, Samples(None), changed(precision, mixed=None))


def _count(parameters: Iterable[Tensor]) -> int:
    return sum(parameter.numel() for parameter in parameters if not is_lazy(parameter))


def _too_large(fake: Findings, batch: Batch | None, device_memory: int | None) -> list[Trouble]:
    if fake.memory is None or batch is None or device_memory is None or fake.memory.peak <= device_memory:
        return []
    needed, there = fake.memory.peak / 2**30, device_memory / 2**30
    message = (
        f"a training step with a batch of {batch.size} takes about {needed:.3g} GiB, and the device has"
        f" {there:.3g} GiB; choose a smaller batch, a smaller model or a lower precision"
    )
    return [Trouble("memory", message)]
