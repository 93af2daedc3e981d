"""A checkpoint is written whole or not at all, whenever its writer dies and however little room there is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import endless_writer
import pytest
import torch
from in_process import SMALL, run
from lightning import Trainer
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.pytorch.plugins.io import AsyncCheckpointIO

from project.checkpoint import UnwritableError, keep_whole, refusal, usable
from project.checkpoint.read import read
from project.checkpoint.write import WholeCheckpointIO

SHARED = Path("/dev", "shm")


def checkpoint(step: int, size: int = 100) -> dict[str, Any]:
    return {"state_dict": {"w": torch.full((size, 1000), float(step))}, "global_step": step}


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.long)])
def test_a_writer_killed_at_any_moment_leaves_a_whole_last(kills: int, tmp_path: Path) -> None:
    last, drafts = tmp_path / "checkpoints" / "last.ckpt", 0
    # Another file system where there is one: what is moved from there would be copied.
    elsewhere = str(SHARED) if SHARED.is_dir() else str(tmp_path)
    command = [sys.executable, endless_writer.__file__, str(tmp_path)]
    environment = {**os.environ, "TMPDIR": elsewhere, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as nursery:
        assert nursery.stdin
        assert nursery.stdout
        for number in range(kills):
            nursery.stdin.write("another\n")
            nursery.stdin.flush()
            writer = int(nursery.stdout.readline())
            time.sleep(0.03 * number / kills)
            os.kill(writer, signal.SIGKILL)
            assert nursery.stdout.readline() == "dead\n"
            drafts += any(last.parent.glob(".*.draft"))
            assert refusal(last) == ""
            found = read(last)
            assert (found["state_dict"]["w"] == found["global_step"]).all()
            previous = last.with_name("previous.ckpt")
            assert not previous.exists() or refusal(previous) == ""
    assert drafts, "no write was hit"
    WholeCheckpointIO(tmp_path).save_checkpoint(checkpoint(1), last)
    assert {path.name for path in last.parent.iterdir()} == {"last.ckpt", "previous.ckpt"}


def test_a_new_one_takes_the_place_of_the_last_which_is_kept(tmp_path: Path) -> None:
    io, last = WholeCheckpointIO(tmp_path), tmp_path / "checkpoints" / "last.ckpt"
    for step in range(1, 4):
        io.save_checkpoint(checkpoint(step), last)
    assert [read(last.with_name(f"{name}.ckpt"))["global_step"] for name in ("last", "previous")] == [3, 2]
    assert len(list(last.parent.iterdir())) == 2


def test_without_hard_links_the_last_is_kept_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    test_a_new_one_takes_the_place_of_the_last_which_is_kept(tmp_path)


@pytest.mark.parametrize("size", [100, 230, 2000])
def test_on_a_full_disk_the_earlier_one_stays(size: int, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        io, last = WholeCheckpointIO(disk), disk / "checkpoints" / "last.ckpt"
        io.save_checkpoint(checkpoint(1), last)
        (disk / "filler").write_bytes(bytes(400_000))
        with pytest.raises(UnwritableError) as told:
            io.save_checkpoint(checkpoint(2, size), last)
        assert [path.name for path in last.parent.iterdir()] == ["last.ckpt"]
        assert read(last)["global_step"] == 1
        assert "last.ckpt could not be written: No space left on device" in str(told.value)
        assert f"about {size * 4000 / 2**20:.1f} MiB; 0.2 MiB are free" in str(told.value)
        (disk / "filler").unlink()
        io.save_checkpoint(checkpoint(3), last)
        assert usable(disk) == last


def test_a_directory_that_became_unwritable_keeps_what_it_has(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        io, last = WholeCheckpointIO(disk), disk / "checkpoints" / "last.ckpt"
        io.save_checkpoint(checkpoint(1), last)
        remount(disk, "ro")
        with pytest.raises(UnwritableError, match=r"(?s)Read-only file system.*go on with resume=true"):
            io.save_checkpoint(checkpoint(2), last)
        assert read(last)["global_step"] == 1


def test_a_run_on_a_full_disk_ends_with_an_explanation_and_goes_on_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "7m") as disk:
        line = *SMALL, f"output_dir={disk}", f"hydra.run.dir={disk}", "trainer.max_epochs=4", "model.hidden_dim=256"
        with pytest.raises(SystemExit) as ended:
            run(disk, *line)
        said = capsys.readouterr().err
        assert ended.value.code == 1
        assert "No space left on device" in said
        assert "Traceback" not in said
        assert all(refusal(file) == "" for file in (disk / "checkpoints").glob("*.ckpt"))
        assert not list((disk / "checkpoints").glob(".*"))
        assert usable(disk)
        remount(disk, "size=32m")
        run(tmp_path, f"run={disk}", "preflight=false")
        assert read(disk / "checkpoints" / "last.ckpt")["global_step"] > 4


def test_a_run_in_an_unwritable_directory_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        remount(disk, "ro")
        with pytest.raises(SystemExit) as ended:
            run(tmp_path, *SMALL, f"output_dir={disk}/run", f"hydra.run.dir={disk}/run")
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said == f"{disk}/run: Read-only file system\n"


def test_a_format_of_a_strategys_own_is_left_alone(tmp_path: Path) -> None:
    plain, other = Trainer(logger=False), Trainer(logger=False, plugins=[AsyncCheckpointIO()])
    for trainer in (plain, other):
        keep_whole(trainer, tmp_path)
    assert isinstance(plain.strategy.checkpoint_io, WholeCheckpointIO)
    assert isinstance(other.strategy.checkpoint_io, AsyncCheckpointIO)
    assert issubclass(WholeCheckpointIO, TorchCheckpointIO)


@contextmanager
def small_disk(place: Path, size: str) -> Generator[Path]:
    """A file system of its own, where the test may mount one."""
    place.mkdir()
    command = [which("mount") or "", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("may not mount a small disk")
    try:
        yield place
    finally:
        subprocess.run([which("umount") or "", "-l", str(place)], check=True)


def remount(disk: Path, option: str) -> None:
    subprocess.run([which("mount") or "", "-o", f"remount,{option}", str(disk)], check=True)
