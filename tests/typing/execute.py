"""Executes the files named, and prints as JSON what became of every entry in them.

In a process of its own, as the files add options and presets to the catalogue's groups and one has a root of its own.
"""

import importlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

from hydra import compose
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from project.config import Group, Presets, build, check
from project.config.entry import origin
from project.config.hydras import composing

NOT_BUILT = {
    "resnet_from_weights": "downloads its weights",
    "rich_progress": "needs rich, which the project does not",
}


def outcomes(path: Path) -> Iterator[tuple[str, str]]:
    """Each entry of the file, and what became of it: "built", "held" when that is all that can be done, or an error."""
    for name, value in list(vars(importlib.import_module(path.stem)).items()):
        if _is_group(value):
            for option in _own_options(value, path):
                yield _choose(value.group, option, value.many)
        elif _is_presets(value):
            for preset in ConfigStore.instance().list(value.group):
                yield _choose(value.group, preset.removesuffix(".yaml"), True)
        elif origin(value) is not None:
            yield name, _attempt(name, value)


def _is_group(value: Any) -> TypeGuard[Group[Any]]:
    return isinstance(value, Group)


def _is_presets(value: Any) -> TypeGuard[Presets[Any]]:
    return isinstance(value, Presets)


def _own_options(group: Group[Any], path: Path) -> Iterable[str]:
    origins = ((option, origin(config)) for option, config in group.options.items())
    return [option for option, found in origins if found and Path(found.site.file) == path]


def _attempt(name: str, entry: Any) -> str:
    """Hold an entry, write it as YAML, read it back, and build it from both."""
    try:
        found = origin(entry)
        assert found
        if found.problems:
            return "\n".join(map(str, found.problems))
        text = OmegaConf.to_yaml(OmegaConf.structured(entry))
        if "${" in text or name in NOT_BUILT:
            return "held"
        for config in (entry, OmegaConf.create(text)):
            made = build(config)
            if not found.partial and isinstance(found.target, type) and not isinstance(made, found.target):
                return f"built a {type(made).__name__}"
    except Exception as error:  # the test shows it
        return repr(error)
    return "built"


def _choose(group: str, option: str, many: bool) -> tuple[str, str]:
    """Choose an option on the command line, check the run's config and build what the option stands for."""
    override = f"{group}={f'[{option}]' if many else option}"
    try:
        config = compose("config", [override])
        if "output_dir" in config:  # Hydra fills it in when a job starts
            config.output_dir = "outputs"
        check(config)
        parts = {group, "model", "optimizer", "loop"} if group not in config else {group}
        for part in parts & set(config):
            build(config[part])
    except Exception as error:  # the test shows it
        return override, repr(error)
    return override, "built"


if __name__ == "__main__":
    files = [Path(name).resolve() for name in sys.argv[1:]]
    sys.path.insert(0, str(files[0].parent))
    with composing():
        sys.stdout.write(json.dumps({path.stem: dict(outcomes(path)) for path in files}))
