"""Makes the files of this folder out of the full Fashion-MNIST: `python make.py [TARGET_DIRECTORY]`.

Of each class it takes the 600 training and 100 test images whose index has the smallest sha256, and keeps them in
their order: a choice at random that no version of a random generator can change.
"""

import argparse
import gzip
import hashlib
import io
from pathlib import Path

from torch import Tensor

from project.datamodule.fashion_mnist import ARCHIVE, SUBSET
from project.datamodule.source import find

SEED = "fashion-mnist subset"


def chosen(labels: Tensor, per_class: int, name: str) -> list[int]:
    """Sorted indices of `per_class` images of every class in `labels` (N,)."""

    def lot(index: int) -> bytes:
        return hashlib.sha256(f"{SEED} {name} {index}".encode()).digest()

    by_class: dict[int, list[int]] = {}
    for index, label in enumerate(labels.numpy().tolist()):
        by_class.setdefault(label, []).append(index)
    return sorted(index for members in by_class.values() for index in sorted(members, key=lot)[:per_class])


def idx(values: Tensor) -> bytes:
    """An IDX file of unsigned bytes; 8 is the format's code for them."""
    header = bytes((0, 0, 8, values.dim())) + b"".join(length.to_bytes(4, "big") for length in values.shape)
    return header + values.numpy().tobytes()


def gzipped(content: bytes) -> bytes:
    """`content` compressed without a time or a name, so that equal contents give equal files."""
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def subset_of(contents: dict[str, bytes]) -> dict[str, bytes]:
    """The subset's files by name, decompressed, out of those of the full set."""
    full, subset = ARCHIVE.files, SUBSET.files
    made: dict[str, bytes] = {}
    for images, labels, size in (
        (full.train_images, full.train_labels, subset.train_labels.shape[0]),
        (full.test_images, full.test_labels, subset.test_labels.shape[0]),
    ):
        all_labels = labels.tensor(contents[labels.name])
        indices = chosen(all_labels, size // 10, labels.name)
        made[images.name] = idx(images.tensor(contents[images.name])[indices])
        made[labels.name] = idx(all_labels[indices])
    return made


def main() -> None:
    """Read the full set from wherever it is, and write the four files."""
    parser = argparse.ArgumentParser(description="Make the bundled subset of Fashion-MNIST.")
    parser.add_argument("target", nargs="?", type=Path, default=SUBSET.directory, help="directory of the four files")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="first place to look for the full set in")
    options = parser.parse_args()

    found = find(ARCHIVE, options.data_dir)
    if not found.whole:
        parser.error("\n".join(["the full set was not found:", *found.refused]))
    for name, content in subset_of(found.contents).items():
        (options.target / f"{name}.gz").write_bytes(gzipped(content))


if __name__ == "__main__":
    main()
