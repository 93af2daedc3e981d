"""`provenance.json`: what a run was made of, in its directory from the start."""

import json
import logging
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_only

from project.whole import write_whole

from . import machine
from .code import code
from .compare import code_changes, differences, outcome
from .secrets import masked

log = logging.getLogger(__name__)


class _Start(NamedTuple):
    record: dict[str, Any]
    diff: bytes | None


class Provenance(Callback):
    """Records what a run is made of, and says what differs where it repeats another.

    The record is written whole or not at all: when the run starts, and again when its data is there. A run that goes
    on in its own directory keeps the records of its earlier starts under `before`. Of several processes, the first
    writes.

    Args:
        directory: the run's.
        identity: the hash of its composed config.
        overrides: what was asked for.
        seed: the run's.
        rerun: the directory of the run that it repeats.
    """

    def __init__(
        self, directory: str | Path, identity: str, overrides: Sequence[str], seed: int, rerun: str | None = None
    ) -> None:
        self.directory, self.rerun = Path(directory), Path(rerun) if rerun else None
        self.asked = {"identity": identity, "overrides": [*map(masked, overrides)], "seed": seed, "rerun": rerun}
        self.record: dict[str, Any] = {}

    def begin(self, trainer: Trainer) -> None:
        """Record the start of what `trainer`, which has by now set torch up for it, is about to run."""
        trainer.callbacks.append(self)  # type: ignore[attr-defined]  # set by one of its connectors
        self._begin()

    @cached_property
    def earlier(self) -> dict[str, Any]:
        """The record of the last start in the same directory; empty where this is the first."""
        return _read(self.directory / "provenance.json")

    @property
    def repeated(self) -> bool:
        """Whether that start was of the same config."""
        return bool(self.earlier.get("identity") == self.asked["identity"])

    def changes(self) -> tuple[list[str], list[str]]:
        """What differs from it: in the code, and elsewhere."""
        now = self._now.record
        found: dict[str, Any] = {**self.earlier, "before": []}
        code = [] if "unknown" in {**found["code"], **now["code"]} else code_changes(found, now)
        return code, [line for line in differences(found, now) if line not in code]

    @cached_property
    def _now(self) -> "_Start":
        facts, diff = code()
        record = {
            **self.asked,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": [*map(masked, sys.argv)],
            "code": {**facts},
            "python": machine.python(),
            "packages": machine.packages(),
            "system": machine.system(),
            "hostname": platform.node(),
            "hardware": machine.hardware(),
            "numerics": machine.numerics(),
            "environment": machine.environment(),
        }
        return _Start(record, diff)

    @rank_zero_only
    def _begin(self) -> None:
        earlier = {**self.earlier}
        before = [*earlier.pop("before", ()), *([earlier] if earlier else [])]
        self.record = {**self._now.record, "data": {}, "before": before}
        self.directory.mkdir(parents=True, exist_ok=True)
        if self._now.diff is not None:
            name = f"uncommitted.{len(before)}.diff" if before else "uncommitted.diff"
            write_whole(self.directory / name, self._now.diff)
            self.record["code"] |= {"diff": name}
        self._save()
        if self.rerun:
            _say(f"since {self.rerun}", differences(_read(self.rerun / "provenance.json"), self.record))

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Record where the data came from and what it is, once it is there."""
        if not trainer.is_global_zero or not self.record:
            return
        datamodule: Any = getattr(trainer, "datamodule", None)
        source, checksums = getattr(datamodule, "source_used", ""), dict(getattr(datamodule, "checksums", {}))
        found = {"source": source, "checksums": checksums}
        if found == self.record["data"]:
            return
        known = self.record["data"].get("checksums", {})
        self.record["data"] = found
        self._save()
        if self.rerun:
            recorded = _read(self.rerun / "provenance.json").get("data", {}).get("checksums", {})
            new = sorted((checksums.keys() - known.keys()) & recorded.keys())
            changed = [name for name in new if recorded[name] != checksums[name]]
            _say(f"since {self.rerun}", [f"data: other {name} data than recorded" for name in changed])

    @rank_zero_only
    def end(self) -> None:
        """Say whether the results are those of the run that was repeated."""
        if self.rerun:
            then, now = (_read(directory / "results.json") for directory in (self.rerun, self.directory))
            log.info("results of %s: %s", self.rerun, "\n  ".join(outcome(then, now)))

    def _save(self) -> None:
        write_whole(self.directory / "provenance.json", f"{json.dumps(self.record, indent=2)}\n")


def _say(what: str, found: Sequence[str]) -> None:
    if found:
        log.warning("%s:\n  %s", what, "\n  ".join(found))


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found
