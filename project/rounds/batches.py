"""The batches of an epoch, where the training needs them."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from lightning import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.loops.fetchers import _DataFetcher  # pyright: ignore[reportPrivateUsage]

from .hooks import overridden


@runtime_checkable
class Whole(Protocol):
    """A loader that can make several batches at once."""

    def whole(self, device: torch.device, begin: int) -> Iterator[Any] | None:
        """The batches of the epoch from number `begin` on, which are on `device`; None when it cannot."""
        ...


class Batches:
    """Fetches what Lightning would fetch, and counts it as Lightning does.

    Args:
        trainer: of which the loader is asked for whole batches, unless somebody looks at them before they are there.
        fetcher: of the epoch.
        begin: the number of the batch that comes next.
    """

    def __init__(self, trainer: Trainer, fetcher: _DataFetcher, begin: int) -> None:
        parts: Any = trainer
        self.fetcher = fetcher
        self._module, self._strategy = parts.lightning_module, parts.strategy
        self._convert = parts.precision_plugin.convert_input
        selector = parts._data_connector._datahook_selector
        self._arrived: Any = selector.get_instance("on_after_batch_transfer").on_after_batch_transfer
        loaders = fetcher.combined_loader.flattened
        whole = isinstance(loaders[0], Whole) and len(loaders) == 1 and not _looked_at(parts)
        self._whole = loaders[0].whole(trainer.strategy.root_device, begin) if whole else None

    def next(self) -> Any:
        """The next one, on the device.

        Raises:
            StopIteration: there is none.
        """
        if self._whole is None:
            return self._fetched()
        batch, fetcher = self._convert(next(self._whole)), self.fetcher
        fetcher.fetched += 1
        fetcher.done = fetcher.fetched >= (fetcher.length or 0)
        return self._arrived(batch, 0)

    def _fetched(self) -> Any:
        batch, _, _ = next(self.fetcher)
        batch = self._module._on_before_batch_transfer(self._convert(batch), dataloader_idx=0)
        return self._strategy.batch_to_device(batch, dataloader_idx=0)


def _looked_at(trainer: Any) -> bool:
    """Whether a hook wants to see a batch before it is on the device."""
    names = "on_before_batch_transfer", "transfer_batch_to_device"
    owners = (trainer.lightning_module, LightningModule), (trainer.datamodule, LightningDataModule)
    return any(owner is not None and overridden(owner, name, base) for owner, base in owners for name in names)
