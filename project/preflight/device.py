"""How much memory the device of a run has, asked without touching it."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/memory.max")


def device_memory(accelerator: str) -> int | None:
    """Bytes of memory that a run on an accelerator can have at most, or None if that cannot be known here.

    Under CUDA that of the largest GPU, from its management library, which makes no CUDA context.

    Args:
        accelerator: as the Trainer takes it.

    """
    if accelerator in ("cpu", "mps"):
        return _ram()
    if accelerator in ("gpu", "cuda"):
        return _gpu()
    return _gpu() or _ram() if accelerator == "auto" else None


def _ram() -> int | None:
    try:
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    with suppress(OSError, ValueError):  # a container's share, or "max"
        return min(installed, int(_CGROUP.read_text()))
    return installed


class _NvmlMemory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _gpu() -> int | None:
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    if nvml.nvmlInit_v2() != 0:
        return None
    try:
        count = ctypes.c_uint()
        nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
        sizes = [_total(nvml, index) for index in range(count.value)]
        return max(sizes, default=0) or None
    finally:
        nvml.nvmlShutdown()


def _total(nvml: ctypes.CDLL, index: int) -> int:
    handle, memory = ctypes.c_void_p(), _NvmlMemory()
    if nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle)) != 0:
        return 0
    return memory.total if nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0 else 0
