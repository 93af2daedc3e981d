"""What everything costs, side by side in one run: `python -m benchmarks`, or `python -m benchmarks startup`."""

import sys
from importlib import import_module
from pathlib import Path


def subjects() -> list[str]:
    """The modules beside this one that have something to measure."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [file.stem for file in files if "\ndef main(" in file.read_text() and file.stem != "__main__"]


def main() -> None:
    """Measure the subjects that are named, or all."""
    known = subjects()
    asked = sys.argv[1:] or known
    if unknown := [name for name in asked if name not in known]:
        sys.stderr.write(f"no benchmark: {', '.join(unknown)}. There is: {', '.join(known)}.\n")
        sys.exit(2)
    statuses = [0]
    for name in asked:
        sys.stdout.write(f"\n{name}\n\n")
        sys.stdout.flush()
        statuses.append(import_module(f"benchmarks.{name}").main() or 0)
    # That a machine has no GPU is a failure where the GPU was asked for.
    sys.exit(max(statuses) if sys.argv[1:] else 0)


if __name__ == "__main__":
    main()
