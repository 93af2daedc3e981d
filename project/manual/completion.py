"""Shell completion: what may follow on a command line, answered from the pages of the catalogue."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from project.manual.pages import GroupPage, OptionPage, Pages, ParameterPage

FLAGS = (
    "--help",
    "--multirun",
    "--cfg",
    "--package",
    "--resolve",
    "--info",
    "--config-dir",
    "--config-name",
    "--hydra-help",
)


def completed(pages: Pages, line: str) -> list[str]:
    """The words that the last word of `line` may become.

    Args:
        pages: the catalogue.
        line: as typed so far, up to the cursor, from the name of the program on.
    """
    words = _arguments(line)
    *before, word = words or [""]
    if word.startswith("-"):
        return [flag for flag in FLAGS if flag.startswith(word)]
    sign = word[: len(word) - len(word.lstrip("+~"))]
    bare = word.removeprefix(sign)
    candidates = _values(pages, before, bare) if "=" in bare else _keys(pages, before, bare)
    return sorted({f"{sign}{candidate}" for candidate in candidates if candidate.startswith(bare)})


def _arguments(line: str) -> list[str]:
    """The words after the script, the last of them empty where a new one begins."""
    words = line.split()
    script = next((index for index, word in enumerate(words) if word.endswith(".py")), 0)
    return [*words[script + 1 :], *([""] if line[-1:].isspace() else [])]


def _keys(pages: Pages, before: Sequence[str], word: str) -> Iterator[str]:
    """What can stand before `=`: groups, presets, fields, and the parameters of what is chosen."""
    name, dot, _ = word.partition(".")
    if dot:
        group = next((group for group in pages.groups if group.name == name), None)
        for path in _parameters(group, before) if group else ():
            inside = path[len(word) :].partition(".")  # one level at a time
            yield f"{path}=" if not inside[1] else path[: len(word)] + inside[0] + "."
        return
    for group in pages.groups:
        yield from (f"{group.name}=", f"{group.name}.")
    yield from (f"{preset}=[" for preset in pages.presets)
    yield from (f"{field.name}=" for field in pages.fields)


def _values(pages: Pages, before: Sequence[str], word: str) -> Iterator[str]:
    """What can stand after `=`, one more in a list or a sweep."""
    key, _, value = word.partition("=")
    groups = {group.name: [option.name for option in group.options] for group in pages.groups}
    presets = {group: [preset.name for preset in known] for group, known in pages.presets.items()}
    many = {group.name for group in pages.groups if group.many} | presets.keys()
    offered = groups.get(key) or presets.get(key) or [*_choices(_parameter(pages, before, key))]
    head = value[: max(value.rfind("["), value.rfind(",")) + 1]
    used = re.split(r"[\[,]", head)
    opening = "[" if key in many and not value else ""
    yield from (f"{key}={head}{opening}{option}" for option in offered if option not in used)


def _parameter(pages: Pages, before: Sequence[str], key: str) -> ParameterPage | None:
    fields = {field.name: field for field in pages.fields}
    tuned = {path: it for group in pages.groups for path, it in _parameters(group, before).items()}
    return (fields | tuned).get(key)


def _parameters(group: GroupPage, before: Iterable[str]) -> Mapping[str, ParameterPage]:
    """The parameters of the options that the words before have chosen, by their paths."""
    chosen = [word.partition("=")[2] for word in before if word.startswith(f"{group.name}=")]
    names = re.findall(r"\w+", chosen[-1]) if chosen else group.defaults
    return {
        f"{_path(group, option)}.{parameter.name}": parameter
        for option in group.options
        if option.name in names
        for parameter in option.parameters
    }


def _path(group: GroupPage, option: OptionPage) -> str:
    return f"{group.name}.{option.name}" if group.many else group.name


def _choices(parameter: ParameterPage | None) -> Iterator[str]:
    """The values that a parameter's type names, or else the value that it has."""
    if parameter is None:
        return
    named = re.findall(r"'(\w[^']*)'", parameter.type)
    yield from named
    if re.search(r"\bbool\b", parameter.type):
        yield from ("true", "false")
    if re.search(r"\bNone\b", parameter.type):
        yield "null"
    if not named and parameter.value and " " not in parameter.value:
        yield parameter.value
