"""A program with a door: what it says is made by `catalogue.py` beside it, or is the snapshot's."""

import sys

from project.snapshot import Watch, keep, kept

if __name__ == "__main__":
    snapshot = kept(__file__)
    if snapshot is not None:
        sys.stdout.write(f"kept {snapshot['told']}")
        sys.exit()
    watch = Watch()
    import catalogue  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # a test writes it

    told: object = catalogue.TOLD  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    key = watch.key(())
    if key is not None:
        keep(__file__, key, {"told": told})
    sys.stdout.write(f"imported {told}")
