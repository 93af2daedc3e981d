"""`python train.py --help`: the pages of the catalogue, laid out."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from project.manual.pages import GroupPage, OptionPage, Pages, ParameterPage, PresetPage
from project.problem import ConfigError, Problem, Site, did_you_mean

USAGE = "python train.py [-m] [GROUP=OPTION ...] [PATH=VALUE ...]"
EXAMPLES = {
    "python train.py model=mlp model.hidden_dim=512": "choose a part by name, tune it by path",
    "python train.py -m optimizer=adam,sgd seed=1,2,3": "one job for each combination",
    "python train.py experiment=[beeg,sgd] check=true": "stack presets; check, and train nothing",
}
MORE = {
    "--help model": "all options of a group, with what they take",
    "--help model=mlp": "one option",
    "--help trainer.max_epochs": "one parameter",
    "--cfg job": "the composed config, as YAML",
    "--hydra-help": "Hydra's own flags",
}


def help_page(pages: Pages, topics: Iterable[str]) -> RenderableType:
    """What is asked for: everything in short, or each topic at length.

    Args:
        pages: the catalogue.
        topics: `model`, `model=mlp`, `callbacks=[a,b]`, `model.hidden_dim`, `experiment=big`, `seed`.

    Raises:
        ConfigError: naming every topic that is none.
    """
    found, problems = list[RenderableType](), list[Problem]()
    for topic in topics:
        try:
            found += [*_topic(pages, topic), ""]
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return Group(*found[:-1]) if found else _overview(pages)


def _overview(pages: Pages) -> RenderableType:
    return Group(
        Text(USAGE, "bold"),
        "",
        _heading("Groups", "GROUP=OPTION; * is what a run has by default, [a,b] where it may be several"),
        _columns(row for group in pages.groups for row in _options(group)),
        "",
        _heading("Presets", "they replace the parts that they name, and stack; the command line wins"),
        _columns(row for group, known in pages.presets.items() for row in _presets(group, known)),
        "",
        _heading("Fields", "FIELD=VALUE"),
        _columns((it.name, "", f"= {it.value}", it.meaning) for it in pages.fields),
        "",
        _heading("Examples"),
        _columns((line, "", "", said) for line, said in EXAMPLES.items()),
        "",
        _heading("More"),
        _columns((line, "", "", said) for line, said in MORE.items()),
    )


Row = tuple[str, str, str, str]
"""A group or name, a mark, an option or value, and what there is to say of it."""


def _options(group: GroupPage) -> Iterator[Row]:
    for number, option in enumerate(group.options):
        name = "" if number else f"{group.name}=[]" if group.many else f"{group.name}="
        said = " ".join(filter(None, (_difference(option, group.options), option.summary)))
        yield name, "*" if option.name in group.defaults else "", option.name, said


def _difference(option: OptionPage, options: Iterable[OptionPage]) -> str:
    """What tells an option from the others of the same target."""
    others = [{it.name: it.value for it in other.parameters} for other in options if other.target == option.target]
    own = [it for it in option.parameters if any(other.get(it.name) != it.value for other in others)]
    said = [f"{it.name}={it.value}" for it in own if it.configured]
    return f"[{', '.join(said)}]" if said else ""


def _presets(group: str, known: Iterable[PresetPage]) -> Iterator[Row]:
    for number, preset in enumerate(known):
        yield "" if number else f"{group}=[]", "", preset.name, " ".join(preset.changes)


def _topic(pages: Pages, topic: str) -> Iterator[RenderableType]:
    """One topic at length."""
    key, sign, chosen = topic.partition("=")
    name, _, path = key.lstrip("+").partition(".")
    groups, fields = {group.name: group for group in pages.groups}, {field.name: field for field in pages.fields}
    if name in groups:
        group = groups[name]
        if path:
            yield from _parameters_at(group, path)
            return
        asked = [option.strip() for option in chosen.strip("[]").split(",")] if sign else []
        known = {option.name: option for option in group.options}
        for option in asked or known:
            if option not in known:
                raise ConfigError([Problem(name, f"there is no option '{option}'", hint=did_you_mean(option, known))])
        if not asked:
            yield _heading(group.name, f"{'any number of' if group.many else 'one'} {group.kind}")
        for number, option in enumerate(asked or known):
            yield from ["", *_option(group, known[option])] if number or not asked else _option(group, known[option])
    elif name in pages.presets:
        yield from _preset_topic(name, pages.presets[name], chosen)
    elif name in fields:
        yield from _parameter(name, fields[name])
    else:
        hint = did_you_mean(name, [*groups, *pages.presets, *fields])
        raise ConfigError([Problem("--help", f"there is no '{name}'", hint=hint)])


def _preset_topic(group: str, known: Iterable[PresetPage], chosen: str) -> Iterator[RenderableType]:
    presets = {preset.name: preset for preset in known}
    asked = [name.strip() for name in chosen.strip("[]").split(",") if name]
    for name in asked or presets:
        if name not in presets:
            raise ConfigError([Problem(group, f"there is no option '{name}'", hint=did_you_mean(name, presets))])
        yield Text(f"{group}={name}", "bold cyan")
        yield from _indented(map(Text, presets[name].changes))


def _option(group: GroupPage, option: OptionPage) -> Iterator[RenderableType]:
    """An option and everything it takes."""
    default = " (default)" if option.name in group.defaults else ""
    yield Text.assemble((f"{group.name}={option.name}", "bold cyan"), (default, "green"), f"  {option.target}")
    yield from _indented([Text(option.summary), Text(_shown(option.site), "dim"), ""])
    for parameter in option.parameters:
        yield from _indented(_parameter(f"{_path(group, option)}.{parameter.name}", parameter))


def _shown(site: str) -> str:
    """A file and line as a user would open it from here."""
    file, _, line = site.rpartition(":")
    return str(Site(file, int(line))) if line else ""


def _path(group: GroupPage, option: OptionPage) -> str:
    return f"{group.name}.{option.name}" if group.many else group.name


def _parameter(path: str, parameter: ParameterPage) -> Iterator[RenderableType]:
    """One thing to tune."""
    value = parameter.value if parameter.value.startswith("←") else f"= {parameter.value}"
    said = value if parameter.value else "must be given"
    style = "bold" if parameter.configured else ""
    yield Text.assemble((path, "cyan"), (f"  {parameter.type}", "dim"), (f"  {said}", style))
    if parameter.meaning:
        yield from _indented([Text(parameter.meaning)])


def _parameters_at(group: GroupPage, path: str) -> Iterator[RenderableType]:
    """A parameter by its path, of every option that has it; each wording of it once."""
    option, _, name = path.partition(".") if group.many else ("", "", path)
    asked = [it for it in group.options if it.name == option or not group.many]
    if group.many and not asked:
        hint = did_you_mean(option, [it.name for it in group.options])
        raise ConfigError([Problem(f"{group.name}.{option}", f"there is no '{option}'", hint=hint)])
    if group.many and not name:
        yield from _option(group, asked[0])
        return
    found = [(it, parameter) for it in asked for parameter in it.parameters if parameter.name == name.partition(".")[0]]
    if not found:
        names = [parameter.name for it in asked for parameter in it.parameters]
        raise ConfigError([Problem(f"{group.name}.{path}", f"there is no '{name}'", hint=did_you_mean(name, names))])
    options = dict[ParameterPage, list[str]]()
    for it, parameter in found:
        options.setdefault(parameter, []).append(it.name)
    for parameter, having in options.items():
        yield Text(f"{group.name}={', '.join(having)}", "bold cyan")
        yield from _indented(_parameter(f"{group.name}.{path}", parameter))


def _indented(lines: Iterable[RenderableType]) -> Iterator[RenderableType]:
    return (Padding(line, (0, 0, 0, 4)) for line in lines)


def _heading(name: str, said: str = "") -> Text:
    return Text.assemble((name, "bold magenta"), (f"  {said}" if said else "", "dim"))


def _columns(rows: Iterable[Row]) -> RenderableType:
    """Rows side by side, each on one line; what does not fit ends in an ellipsis."""
    rows = list(rows)
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = list[Text]()
    for *cells, said in rows:
        line = Text("  ", no_wrap=True, overflow="ellipsis")
        for cell, width, style in zip(cells, widths, ("cyan", "bold green", ""), strict=True):
            line.append(f"{cell:<{width}} " if width else "", style)
        lines.append(line.append(f" {said}", "dim"))
    return Group(*lines)
