"""Where the images come from: every place in its turn, damage, downloads, and processes that prepare at once."""

import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from image_places import NAMES, SmallMNIST, fill, full_contents, mirror, small_contents

from project.datamodule import MNIST, BundledDataWarning, CorruptDataWarning, FashionMNIST
from project.datamodule.download import fetch

IMAGES = NAMES[0]


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment variable, and mirrors that refuse the connection at once."""
    for variable in ("FASHION_MNIST_DIR", "MNIST_DIR"):
        monkeypatch.delenv(variable, raising=False)
    set_mirrors(monkeypatch, "http://127.0.0.1:9/")


def set_mirrors(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    datasets: Any = import_module("torchvision.datasets")
    for name in ("FashionMNIST", "MNIST"):
        monkeypatch.setattr(getattr(datasets, name), "mirrors", list(urls))


def raw(data_dir: Path) -> Path:
    return data_dir / "FashionMNIST" / "raw"


def prepared(data_dir: Path, **settings: Any) -> SmallMNIST:
    data = SmallMNIST(data_dir, **settings)
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    return data


@pytest.fixture
def four_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Path]]]:
    """A full copy in every place: (what the provenance says, the directory), in order."""
    share = tmp_path / "prefix" / "share" / "datasets" / "only-in-tests"
    places = [raw(tmp_path), fill(tmp_path / "named", small_contents()), fill(share, small_contents(), gzipped=True)]
    fill(places[0], small_contents())
    monkeypatch.setenv("FASHION_MNIST_DIR", str(places[1]))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    remote = fill(tmp_path / "remote", small_contents(), gzipped=True)
    with mirror(remote) as url:
        set_mirrors(monkeypatch, "http://127.0.0.1:9/", url)
        yield [*((f"full: {place}", place) for place in places), (f"full: {url}", remote)]


def test_the_places_are_data_dir_the_variable_the_system_and_the_net(
    tmp_path: Path, four_places: list[tuple[str, Path]]
) -> None:
    for provenance, directory in four_places:
        assert prepared(tmp_path, source="full").source_used.startswith(provenance)
        for file in directory.iterdir():
            file.unlink()


def test_each_file_may_come_from_another_place(tmp_path: Path, four_places: list[tuple[str, Path]]) -> None:
    (_, own), (_, named), _, _ = four_places
    (own / NAMES[1]).unlink()
    assert prepared(tmp_path).source_used == f"full: {own}, {named}"


def test_gzipped_files_are_taken_from_data_dir(tmp_path: Path) -> None:
    fill(raw(tmp_path), small_contents(), gzipped=True)
    assert prepared(tmp_path).source_used == f"full: {raw(tmp_path)}"


def test_a_download_is_kept_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mirror(fill(tmp_path / "remote", small_contents(), gzipped=True)) as url:
        set_mirrors(monkeypatch, url)
        assert prepared(tmp_path).source_used.startswith("full: http")
    assert prepared(tmp_path).source_used == f"full: {raw(tmp_path)}"
    assert sorted(file.name for file in raw(tmp_path).iterdir() if file.name != ".lock") == sorted(NAMES)


def test_only_prepare_data_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mirror(fill(tmp_path / "remote", small_contents(), gzipped=True)) as url:
        set_mirrors(monkeypatch, url)
        with pytest.raises(FileNotFoundError, match="the full dataset was not found"):
            SmallMNIST(tmp_path, source="full").setup("fit")


def test_the_subset_stands_in_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(BundledDataWarning, match="this run uses the bundled subset: 6000 train"):
        assert prepared(tmp_path).source_used == "bundled subset: 6000 train + 1000 test images"


def test_the_subset_that_was_asked_for_comes_without_a_warning(tmp_path: Path) -> None:
    data = prepared(tmp_path / "never-made", source="bundled")
    assert data.source_used == "bundled subset: 6000 train + 1000 test images"
    assert not data.data_dir.exists()


def test_a_missing_full_set_is_an_error_with_every_place_and_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(fill(tmp_path / "named", {IMAGES: b"?"})))
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    raw(tmp_path).mkdir(parents=True)
    with pytest.warns(CorruptDataWarning), pytest.raises(FileNotFoundError) as caught:
        prepared(tmp_path, source="full")
    size = len(small_contents()[IMAGES])
    assert str(caught.value) == (
        "FashionMNIST: the full dataset was not found. Looked in:\n"
        f"  {raw(tmp_path)} (data_dir): none of the files\n"
        f"  {tmp_path}/named ($FASHION_MNIST_DIR): {tmp_path}/named/{IMAGES} is corrupt: it holds 1 bytes instead of"
        f" {size}; no {NAMES[1]} or {NAMES[1]}.gz; no {NAMES[2]} or {NAMES[2]}.gz; no {NAMES[3]} or {NAMES[3]}.gz\n"
        "  /nowhere/share/datasets/only-in-tests (system): no such directory\n"
        "  /usr/local/share/datasets/only-in-tests (system): no such directory\n"
        "  /usr/share/datasets/only-in-tests (system): no such directory\n"
        f"  http://127.0.0.1:9/{IMAGES}.gz: <urlopen error [Errno 111] Connection refused>\n"
        f"Put {', '.join(NAMES)} (or the same with .gz) into {raw(tmp_path)}, or name their directory in the"
        " environment variable FASHION_MNIST_DIR. source='bundled' asks for the bundled subset: 6000 train + 1000 test"
        " images."
    )


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"\$MNIST_DIR: not set"):
        MNIST(tmp_path).prepare_data()


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(("name", "damage"), [(IMAGES, "flip"), (IMAGES, "truncate"), (NAMES[3], "flip")])
def test_a_damaged_file_in_data_dir_is_named_and_replaced(
    tmp_path: Path, four_places: list[tuple[str, Path]], name: str, damage: str
) -> None:
    (_, own), (_, named), _, _ = four_places
    whole = small_contents()[name]
    (own / name).write_bytes(flipped(whole) if damage == "flip" else whole[: len(whole) // 2])
    with pytest.warns(CorruptDataWarning) as caught:
        prepared(tmp_path)
    assert str(caught[0].message).startswith(f"{own / name} is corrupt: it ")
    assert str(caught[0].message).endswith(f". Replaced by the copy of {named}.")
    assert (own / name).read_bytes() == whole
    assert prepared(tmp_path).source_used == f"full: {own}"


def test_a_truncated_gzip_file_is_damage_too(tmp_path: Path, four_places: list[tuple[str, Path]]) -> None:
    (_, own), _, _, _ = four_places
    (own / IMAGES).unlink()
    (own / f"{IMAGES}.gz").write_bytes((four_places[2][1] / f"{IMAGES}.gz").read_bytes()[:-100])
    with pytest.warns(CorruptDataWarning, match=f"{IMAGES}.gz cannot be read"):
        prepared(tmp_path)
    assert (own / IMAGES).read_bytes() == small_contents()[IMAGES]


def test_a_damaged_file_elsewhere_is_named_skipped_and_left_alone(
    tmp_path: Path, four_places: list[tuple[str, Path]]
) -> None:
    (_, own), (_, named), (_, system), _ = four_places
    (own / IMAGES).unlink()
    (named / IMAGES).write_bytes(b"half")
    with pytest.warns(CorruptDataWarning, match=f"Used instead: the copy of {system}"):
        prepared(tmp_path)
    assert (named / IMAGES).read_bytes() == b"half"
    assert not (own / IMAGES).exists()


def test_a_damaged_file_is_downloaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(raw(tmp_path), small_contents() | {IMAGES: b"half"})
    with mirror(fill(tmp_path / "remote", small_contents(), gzipped=True)) as url:
        set_mirrors(monkeypatch, url)
        with pytest.warns(CorruptDataWarning, match=f"Replaced by the copy of {url}"):
            prepared(tmp_path)
    assert (raw(tmp_path) / IMAGES).read_bytes() == small_contents()[IMAGES]


def test_damage_that_nothing_mends_is_said(tmp_path: Path) -> None:
    fill(raw(tmp_path), small_contents() | {IMAGES: b"half"})
    with (
        pytest.warns(CorruptDataWarning, match="No place has a whole copy"),
        pytest.warns(BundledDataWarning, match="holds 4 bytes"),
    ):
        prepared(tmp_path)


def test_a_download_of_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = small_contents() | {IMAGES: flipped(small_contents()[IMAGES])}
    with mirror(fill(tmp_path / "remote", wrong, gzipped=True)) as url:
        set_mirrors(monkeypatch, url)
        with pytest.raises(FileNotFoundError, match=f"{url}{IMAGES}.gz sent another file: it has the sha256"):
            prepared(tmp_path, source="full")
    assert not (raw(tmp_path) / IMAGES).exists()


def test_a_data_dir_that_cannot_be_written_is_one_more_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match=r"\(data_dir\) cannot be written: \[Errno 20\] Not a directory"):
        prepared(tmp_path / "file", source="full")


def test_a_host_that_never_answers_is_given_up_in_time(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(TimeoutError, match=r"no answer within 0.2 s|timed out"):
            fetch(SmallMNIST.archive.files.test_labels, f"http://127.0.0.1:{silent.getsockname()[1]}/x.gz", 0.2)
    assert time.monotonic() - started < 2
    assert capfd.readouterr() == ("", "")


def start_preparing(data_dir: Path, **environment: str) -> subprocess.Popen[str]:
    """A process that is about to prepare; it waits for the file `go`."""
    script = Path(__file__).with_name("prepare_small_mnist.py")
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(script), str(data_dir)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def test_two_processes_prepare_at_once(tmp_path: Path) -> None:
    named = fill(tmp_path / "named", small_contents())
    fill(raw(tmp_path), dict.fromkeys(NAMES, b"half"))
    processes = [start_preparing(tmp_path, FASHION_MNIST_DIR=str(named)) for _ in range(2)]
    for process in processes:
        wait_until_ready(process)
    (tmp_path / "go").touch()
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert output.startswith("full: ")
    assert {name: (raw(tmp_path) / name).read_bytes() for name in NAMES} == small_contents()


def test_a_process_killed_at_work_leaves_nothing_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = fill(tmp_path / "named", small_contents())
    monkeypatch.setenv("FASHION_MNIST_DIR", str(named))
    fill(raw(tmp_path), dict.fromkeys(NAMES, b"half"))
    process = start_preparing(tmp_path)
    wait_until_ready(process)
    (tmp_path / "go").touch()
    part = raw(tmp_path) / f"{sorted(NAMES)[2]}.part"
    while process.poll() is None and not part.exists():
        pass
    process.kill()
    process.communicate()
    for path in raw(tmp_path).iterdir():
        assert path.read_bytes() in (b"half", b"", small_contents().get(path.name)) or path.suffix == ".part"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorruptDataWarning)
        assert prepared(tmp_path, source="full").source_used.startswith("full: ")
    assert {name: (raw(tmp_path) / name).read_bytes() for name in NAMES} == small_contents()


def test_the_full_set_is_read_from_a_directory_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(fill(tmp_path / "named", full_contents())))
    data = FashionMNIST(tmp_path, source="full", batch_size=1000)
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    assert data.source_used == f"full: {tmp_path}/named"
    batches = [len(loader) for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader())]
    assert batches == [55, 5, 10]
