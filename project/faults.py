"""What ends a run though its config is right, told with what may be done about it."""

import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning import Trainer

from project.checkpoint import usable

_WORKER = re.compile(r"DataLoader worker \(pid.*(exited unexpectedly|is killed by signal)|DataLoader timed out")
_LOST = "a dataloader's worker is gone"
_FEWER = (
    "A worker that is killed was often the machine's choice when its memory was used up: try fewer\n"
    "  datamodule.num_workers."
)
_UNCOMPILED = (
    "compile=false trains without. On a CPU torch's compiler needs one of C++ and Python's headers, on a GPU Triton\n"
    "  and one of C."
)
_NO_MEMORY = re.compile(r"can't allocate memory|out of memory", re.IGNORECASE)


class FaultError(RuntimeError):
    """The end of a run, in words that need no traceback."""


@contextmanager
def ending_by_faults() -> Generator[None]:
    """Let a fault end the program inside with its words and status 1."""
    try:
        yield
    except FaultError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(1)


@contextmanager
def faults_told(trainer: Trainer, estimate: Callable[[], str]) -> Generator[None]:
    """Tell of memory that is used up, of workers that are gone, of models that cannot be compiled, of no numbers.

    Args:
        trainer: what runs inside.
        estimate: what a step was expected to take.

    Raises:
        FaultError: instead of the errors that these are.
    """
    try:
        yield
    except FloatingPointError as error:  # such as a NonFiniteError
        raise FaultError(_told("no number", trainer, str(error))) from error
    except ConnectionError as error:
        if isinstance(error, ConnectionResetError):  # that of a worker, which had no time to say more
            raise FaultError(_told(_LOST, trainer, _first(error), _FEWER)) from error
        raise FaultError(str(error)) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or _NO_MEMORY.search(str(error)):
            advice = (
                "A step needs less with a smaller datamodule.batch_size (trainer.accumulate_grad_batches makes up for\n"
                "  it), trainer.precision=bf16-mixed or a smaller model; so does another process that is ended."
            )
            raise FaultError(_told("out of memory", trainer, _first(error), estimate(), advice)) from error
        if _WORKER.search(str(error)):
            raise FaultError(_told(_LOST, trainer, _first(error), _FEWER)) from error
        # By its name, since its module takes a second to import, and is there if anything was compiled.
        if any(kind.__name__ == "BackendCompilerFailed" for kind in type(error).__mro__):
            raise FaultError(_told("the model was not compiled", trainer, _first(error), _UNCOMPILED)) from error
        raise


def _told(what: str, trainer: Trainer, *lines: str) -> str:
    where = f"in epoch {trainer.current_epoch + 1} after step {trainer.global_step}"
    return "\n  ".join(filter(None, (f"{what}, {where}", *lines, _onwards(trainer))))


def _onwards(trainer: Trainer) -> str:
    """From where the run can go on."""
    found = usable(Path(trainer.default_root_dir))
    if found is None:
        return "No checkpoint was saved before."
    return f"{found} is whole: python train.py run={trainer.default_root_dir} goes on from it."


def _first(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
