"""The machine and the software that a run has, asked in milliseconds and without touching a device."""

import ctypes
import os
import platform
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

_ENVIRONMENT = (
    *("CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "PYTORCH_CUDA_ALLOC_CONF"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "PYTHONHASHSEED"),
    *("SLURM_JOB_ID", "SLURM_JOB_NUM_NODES", "SLURM_NTASKS", "WORLD_SIZE", "LOCAL_WORLD_SIZE"),
)
"""All that is ever read of the environment: any other variable may hold a secret."""


def python() -> dict[str, Any]:
    """The interpreter."""
    return {"version": platform.python_version(), "implementation": platform.python_implementation()}


def packages() -> dict[str, str]:
    """Everything installed, with its version.

    By the names of the metadata's directories, which say both: to read the metadata takes forty times as long.
    """
    found: dict[str, str] = {}
    for directory in map(Path, sys.path):
        with suppress(OSError):
            for entry in directory.iterdir():
                if entry.suffix in {".dist-info", ".egg-info"} and "-" in entry.stem:
                    name, version = entry.stem.split("-")[:2]
                    # The first on the path is the one that is imported.
                    found.setdefault(re.sub(r"[._-]+", "-", name).lower(), version)
    return dict(sorted(found.items()))


def hardware() -> dict[str, Any]:
    """Processor, cores that the run may use, memory in GiB, and GPUs with their driver."""
    gpus, driver = _nvidia()
    return {
        "cpu": _cpu(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_gib": _memory(),
        "gpus": gpus or (["mps"] if torch.backends.mps.is_available() else []),
        "driver": driver,
        "cuda": torch.version.cuda,
    }


def system() -> dict[str, Any]:
    """The operating system."""
    return {"system": platform.system(), "release": platform.release(), "machine": platform.machine()}


def numerics() -> dict[str, Any]:
    """The settings of torch that decide whether a number comes out the same again."""
    return {
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "deterministic_warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "default_dtype": str(torch.get_default_dtype()),
    }


def environment() -> dict[str, str]:
    """Those variables that are known to hold no secret."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _nvidia() -> tuple[list[str], str | None]:
    """The names of the GPUs and their driver's version, from the driver's library, which makes no CUDA context."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return [], None
    if nvml.nvmlInit_v2() != 0:
        return [], None
    try:
        count, version = ctypes.c_uint(), ctypes.create_string_buffer(80)
        nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
        nvml.nvmlSystemGetDriverVersion(version, len(version))
        return [_name(nvml, index) for index in range(count.value)], version.value.decode() or None
    finally:
        nvml.nvmlShutdown()


def _name(nvml: ctypes.CDLL, index: int) -> str:
    handle, name = ctypes.c_void_p(), ctypes.create_string_buffer(96)
    nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle))
    nvml.nvmlDeviceGetName(handle, name, len(name))
    return name.value.decode()
