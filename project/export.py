"""A trained model for other programs: `python -m project.export RUN --format onnx`."""

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn
from torch.export import Dim

from project.config import ConfigError
from project.trained import parts

# B = batch, free in what is exported

Format = Literal["onnx", "pt2"]
SUFFIXES: dict[Format, str] = {"onnx": ".onnx", "pt2": ".pt2"}


class Exported(NamedTuple):
    """The file, and the largest difference between an output of it and of the module, for the same random input."""

    path: Path
    difference: float


class _DeclaresBatch(Protocol):
    def example_batch(self, batch_size: int | None = None) -> tuple[Tensor, Tensor]: ...


def export(run: str | Path, to: Format, checkpoint: str = "best", tolerance: float = 1e-4) -> Exported:
    """Write the model of a run as `model.onnx` or `model.pt2` into its directory, and try the file out.

    The model takes a batch as the datamodule gives it, normalised, of any size. The classes' names, mean and standard
    deviation are in the file's metadata, where the datamodule has them.

    Args:
        run: the run's directory.
        to: "onnx", read by ONNX Runtime and others, or "pt2", read by `torch.export.load`.
        checkpoint: which weights; see `load`.
        tolerance: how much an output of the file may differ from the module's, relative to the largest output.

    Raises:
        ConfigError: as `load`.
        ValueError: as `load`; a package is missing; or the file computes something else than the module.
    """
    if to == "onnx" and (missing := [name for name in ("onnx", "onnxscript", "onnxruntime") if not find_spec(name)]):
        raise ValueError(f"ONNX needs {', '.join(missing)}: pip install 'project[onnx]'")
    loop, datamodule = parts(run, checkpoint)
    model, example = cast(nn.Module, loop.model), cast(_DeclaresBatch, datamodule).example_batch
    facts = {name: getattr(datamodule, name) for name in ("classes", "mean", "std") if hasattr(datamodule, name)}
    path = Path(run) / f"model{SUFFIXES[to]}"
    inputs = example(2)[0]
    compute = (_onnx if to == "onnx" else _pt2)(model, inputs, path, {key: json.dumps(facts[key]) for key in facts})
    # Of another size than the example, so that a batch size baked into the file shows.
    other = example(5)[0]
    with torch.no_grad():
        expected = cast(Tensor, model(other))
        difference = float((compute(other) - expected).abs().max())
    if not difference <= tolerance * max(1.0, float(expected.abs().max())):
        path.unlink()
        raise ValueError(f"{path} is not kept: its outputs differ from the module's by up to {difference:.3g}")
    return Exported(path, difference)


def _pt2(model: nn.Module, inputs: Tensor, path: Path, facts: dict[str, str]) -> Callable[[Tensor], Tensor]:
    program = torch.export.export(model, (inputs,), dynamic_shapes=({0: Dim("batch", min=1)},))
    torch.export.save(program, path, extra_files=dict(facts))
    return cast("Callable[[Tensor], Tensor]", torch.export.load(path).module())


def _onnx(model: nn.Module, inputs: Tensor, path: Path, facts: dict[str, str]) -> Callable[[Tensor], Tensor]:
    onnx, onnxruntime = import_module("onnx"), import_module("onnxruntime")
    program: Any = import_module("torch.onnx").export(
        model,
        (inputs,),
        input_names=["input"],
        output_names=["output"],
        dynamo=True,
        dynamic_shapes=({0: Dim("batch", min=1)},),
        verbose=False,
    )
    program.model.metadata_props.update(facts)
    program.save(path)
    onnx.checker.check_model(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda batch: torch.as_tensor(session.run(["output"], {"input": batch.numpy()})[0])


def main(argv: list[str] | None = None) -> None:
    """Export from the command line; a user's mistake ends with its explanation and status 2."""
    parser = argparse.ArgumentParser(prog="python -m project.export", description="Export a run's model, and check it.")
    parser.add_argument("run", help="the run's directory")
    parser.add_argument("--format", choices=list(SUFFIXES), default="onnx", help="default: %(default)s")
    parser.add_argument("--checkpoint", default="best", help="default: %(default)s")
    given = parser.parse_args(argv)
    try:
        path, difference = export(given.run, given.format, given.checkpoint)
    except (ConfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.stdout.write(f"{path}: outputs differ from the module's by at most {difference:.2g}\n")


if __name__ == "__main__":
    main()
