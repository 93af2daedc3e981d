"""The catalogue as plain data for people: what there is to choose and to tune, and what each of it means."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ParameterPage:
    """One thing to tune: its type with bounds, its value as it would be typed or `← path`, and its meaning."""

    name: str
    type: str
    value: str
    configured: bool
    meaning: str


@dataclass(frozen=True)
class OptionPage:
    """One option of a group: what it makes, where that is defined, and what it takes."""

    name: str
    target: str
    site: str
    summary: str
    parameters: tuple[ParameterPage, ...]


@dataclass(frozen=True)
class GroupPage:
    """A slot of the run, and what may be put into it."""

    name: str
    many: bool
    kind: str
    defaults: tuple[str, ...]
    options: tuple[OptionPage, ...]


@dataclass(frozen=True)
class PresetPage:
    """A named change, as the overrides it stands for."""

    name: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Pages:
    """Everything there is to say: strings alone, so that they can be kept and shown without what they speak of."""

    summary: str
    groups: tuple[GroupPage, ...]
    presets: Mapping[str, tuple[PresetPage, ...]]
    fields: tuple[ParameterPage, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Pages":
        """The pages that `plain` was made of."""
        presets = {
            group: tuple(PresetPage(it["name"], tuple(it["changes"])) for it in known)
            for group, known in plain["presets"].items()
        }
        return cls(
            plain["summary"],
            tuple(map(_group, plain["groups"])),
            presets,
            tuple(ParameterPage(**it) for it in plain["fields"]),
        )


def _group(plain: Mapping[str, Any]) -> GroupPage:
    known: dict[str, Any] = {"defaults": tuple(plain["defaults"]), "options": tuple(map(_option, plain["options"]))}
    return GroupPage(**{**plain, **known})


def _option(plain: Mapping[str, Any]) -> OptionPage:
    known: dict[str, Any] = {"parameters": tuple(ParameterPage(**it) for it in plain["parameters"])}
    return OptionPage(**{**plain, **known})
