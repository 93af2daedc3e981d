"""Fakes of plain tensors, made in a quick way."""

from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorConverter, FakeTensorMode
from torch.utils._mode_utils import no_dispatch


class PlainFakes(FakeTensorConverter):
    """Makes fakes of tensors that are nothing but their shape, and leaves the others to torch.

    Torch notes for each where it comes from, and imports its compiler to do so, which takes longer than the preflight.
    """

    def from_real_tensor(self, fake_mode: FakeTensorMode, t: Tensor, *given: Any, **named: Any) -> FakeTensor:
        """The fake that stands for `t`, the same each time."""
        if given or named.get("make_constant") or not _is_plain(t):
            return super().from_real_tensor(fake_mode, t, *given, **named)
        known = self._get_memo(t)
        if known is None:
            with no_dispatch():
                shape = torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta")
                known = FakeTensor(fake_mode, shape, t.device)
            self.set_tensor_memo(t, known)
        return known


def _is_plain(tensor: Tensor) -> bool:
    """Whether it is of no class of its own, and has all of its memory for itself."""
    plain = type(tensor) is Tensor and tensor.layout is torch.strided and not tensor.is_quantized
    if not plain or tensor.requires_grad or tensor.is_conj() or tensor.is_neg() or tensor.is_meta:
        return False
    return tensor.untyped_storage().nbytes() == tensor.nbytes
