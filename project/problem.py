"""What is wrong with a config, where, and what was probably meant."""

import difflib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Site:
    """A line of the user's code; `run` tells two executions of one module apart, so that a reload is no repetition."""

    file: str
    line: int
    run: object = field(default=None, repr=False, compare=False)

    @classmethod
    def of_caller(cls, depth: int = 1) -> "Site":
        """The line that called the function that asks; each further `depth` is one caller up."""
        frame = inspect.currentframe()
        # `Presets[Config](...)` calls through a frame of typing's, which is nobody's code.
        while frame and (depth >= 0 or frame.f_globals.get("__name__") == "typing"):
            depth -= frame.f_globals.get("__name__") != "typing"
            frame = frame.f_back
        assert frame
        run = frame.f_globals.get("__spec__"), frame.f_globals.get("__name__")
        return cls(frame.f_code.co_filename, frame.f_lineno, run)

    @property
    def shown(self) -> str:
        """The file as a user would open it from here."""
        path = Path(self.file)
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def __str__(self) -> str:
        return f"{self.shown}:{self.line}"


@dataclass(frozen=True)
class Problem:
    """One mistake: the dotted path in the config, what is wrong there, the line it was written on, and a way out."""

    path: str
    what: str
    site: Site | None = None
    hint: str = ""

    def under(self, prefix: str) -> "Problem":
        """The same problem seen from a config that holds this one at `prefix`."""
        path = f"{prefix}.{self.path}" if self.path else prefix
        return Problem(path, self.what, self.site, self.hint)

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.what}" if self.path else self.what]
        lines += [f"    at {self.site}"] if self.site else []
        lines += [f"    {line}" for line in self.hint.splitlines()]
        return "\n".join(lines)


class ConfigError(ValueError):
    """The user's config is wrong; `problems` holds every mistake that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the likeliest of `known`, or all of them when none is near."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"There is: {', '.join(names)}." if names else "There is none."


def first_line(error: BaseException) -> str:
    """What an error says before its details, or its name when it says nothing."""
    return str(error).partition("\n")[0] or type(error).__name__
