"""A composed config as a tree for people: what was chosen, by whom, and what it comes to."""

import json
import sys
from collections.abc import Iterable, Mapping
from inspect import Parameter
from pathlib import Path
from typing import Any, cast

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from project.config.entry import Origin
from project.config.guards import is_dict, is_list, listed
from project.config.job import overrides
from project.config.nodes import keys
from project.config.refs import path_of
from project.config.root import annotations, presets, slots
from project.config.signature import hint, locate, parameters
from project.config.sources import COMMAND_LINE, parsed, sources
from project.config.targets import GET_OBJECT
from project.config.values import RESERVED, encode, is_entry
from project.config.written import read

STYLES = {COMMAND_LINE: "bold yellow"}
"""Of what was decided there; what a preset decided is cyan."""


def described(config: Any) -> RenderableType:
    """The config of the job that is running; of one in a sweep, just what tells it from the others."""
    if not HydraConfig.initialized():
        return tree(config)
    hydra = HydraConfig.get()
    asked = overrides()
    if hydra.mode is RunMode.MULTIRUN:
        swept = _swept(Path(hydra.runtime.cwd, hydra.sweep.dir, "multirun.yaml"), asked)
        return Text.assemble((f"job {hydra.job.num}  ", "bold"), (" ".join(swept), STYLES[COMMAND_LINE]))
    return tree(config, asked, hydra.runtime.choices)


def tree(config: Any, asked: Iterable[str] = (), choices: Mapping[str, Any] | None = None) -> Tree:
    """The fields of the root in their order, and of each component what differs from its own defaults.

    A note says who decided: the command line, a preset, or the path that a value is taken from.

    Args:
        config: the composed config.
        asked: the overrides of the command line.
        choices: the option chosen in each group, as Hydra knows it.
    """
    asked = list(asked)
    drawing = _Drawing(sources(asked), choices or {})
    chosen = [override for override in asked if override.partition("=")[0].lstrip("+") in presets()]
    root = Tree(
        Text.assemble(("config", "bold"), (f"  {' '.join(chosen)}" if chosen else "", "cyan")), guide_style="dim"
    )
    for field in annotations():
        if field in config:
            drawing.field(root, config, field)
    return root


def _swept(sweep: Path, overrides: list[str]) -> list[str]:
    """The overrides of a job whose values differ from job to job; all, where the sweeper has not written the sweep."""
    if not sweep.is_file():
        return overrides
    written: Any = OmegaConf.to_container(read(sweep), resolve=False)
    swept = {it.key_or_group for it in parsed(written["hydra"]["overrides"]["task"]) if it.is_sweep_override()}
    return [it for it in overrides if it.partition("=")[0] in swept] or overrides


class _Drawing:
    def __init__(self, found: Mapping[str, str], choices: Mapping[str, Any]) -> None:
        self.sources, self.choices = found, choices

    def field(self, tree: Tree, config: DictConfig, field: str) -> None:
        """Add a field of the root: a component, several by name, or a plain value."""
        value: Any = config[field]
        group = slots().get(field)
        if group is None:
            self.value(tree, config, field, field)
        elif group.many and isinstance(value, DictConfig):
            branch = tree.add(self.label(field, "" if value else "none", field))
            for option in map(str, value):
                self.component(branch, value[option], option, f"{field}.{option}")
        else:
            option = str(self.choices.get(field) or "")
            self.component(tree, value, field, field, "" if option.startswith("_") else option)

    def component(self, tree: Tree, node: DictConfig, name: str, path: str, option: str = "") -> None:
        """Add a component with its parameters, but for those left at the target's own defaults."""
        known, given = parameters(locate(node["_target_"])), _given(node)
        label = self.label(name, option, path, target=public(node["_target_"]))
        branch, hidden, linked = tree.add(label), 0, list[str]()
        for index in range(len(node.get("_args_") or ())):
            self.value(branch, node["_args_"], index, f"{path}.{index}")
        for key in keys(node):
            inner = f"{path}.{key}"
            if key in RESERVED:
                continue
            value = _read(node, key)
            if OmegaConf.is_interpolation(node, key) and isinstance(value, DictConfig):
                linked.append(str(key))
            elif key in known and key not in given and inner not in self.sources and _is_default(known[key], value):
                hidden += 1
            else:
                self.value(branch, node, key, inner)
        if linked:
            branch.add(Text(f"with {', '.join(linked)}", "dim"))
        if hidden:
            label.append(f"  +{hidden} default{'s' * (hidden > 1)}", "dim")

    def value(self, tree: Tree, node: DictConfig | ListConfig, key: Any, path: str) -> None:
        """Add one value, or a component, or a container of components."""
        value = _read(node, key)
        if _is_component(value):
            self.component(tree, value, str(key), path)
        elif isinstance(value, DictConfig | ListConfig) and any(_is_component(_read(value, it)) for it in keys(value)):
            branch = tree.add(self.label(str(key), "", path))
            for index in keys(value):
                self.value(branch, value, index, f"{path}.{index}")
        else:
            origin = _origin(node, key)
            # A text from the environment may be a secret, and the tree is kept in a log.
            said = origin if _from_environment(node, key) else typed(value)
            tree.add(self.label(str(key), said, path, origin=origin))

    def label(self, name: str, said: str, path: str, *, target: str = "", origin: str = "") -> Text:
        """`name: said (target)  ← source`, in the style of the source."""
        source = self.sources.get(path, "")
        style = "" if not source else STYLES.get(source, "cyan")
        label = Text.assemble((name, style or "bold"), (f": {said}" if said else "", style))
        label.append(f" ({target})" if target else "", "dim")
        if source or origin:
            label.append(f"  ← {source or origin}", style or "dim")
        return label


def typed(value: Any) -> str:
    """A value as it would be typed on the command line; one that a node makes as what it makes."""
    plain = _made(_plain(value))
    return plain if isinstance(plain, str) and plain else json.dumps(plain, default=str, ensure_ascii=False)


def public(path: str) -> str:
    """The shortest dotted path at which the target of `path` is found, of modules that are there already."""
    target, parts = locate(path), path.split(".")
    for length in range(1, len(parts)):
        module = sys.modules.get(".".join(parts[:length]))
        if getattr(module, parts[-1], None) is target:
            return ".".join([*parts[:length], parts[-1]])
    return path


def _read(node: DictConfig | ListConfig, key: Any) -> Any:
    try:
        return None if OmegaConf.is_missing(node, key) else node[key]
    except OmegaConfBaseException:  # a tree is drawn of a config that cannot run, too
        return listed(OmegaConf.to_container(node, resolve=False))[key]


def _origin(node: DictConfig | ListConfig, key: Any) -> str:
    """Where an interpolated value is taken from: a path, or the whole text around it."""
    if not OmegaConf.is_interpolation(node, key):
        return ""
    raw = str(listed(OmegaConf.to_container(node, resolve=False))[key])
    return path_of(raw) or raw


def _from_environment(node: DictConfig | ListConfig, key: Any) -> bool:
    """Whether a value is one of the environment's variables, or refers to such a value."""
    origin = _origin(node, key)
    if "oc.env:" in origin:
        return True
    above, _, last = origin.rpartition(".")
    root: Any = cast(Any, node)._get_root()
    owner = OmegaConf.select(root, above) if above else root
    return bool(last) and isinstance(owner, DictConfig) and last in owner and _from_environment(owner, last)


def _given(node: DictConfig) -> frozenset[str]:
    """The arguments that the catalogue's entry of a component was written with."""
    found = getattr(OmegaConf.get_type(node), "origin_of_entry", None)
    return frozenset(found.given) if isinstance(found, Origin) else frozenset[str]()


def _is_default(parameter: Parameter, value: Any) -> bool:
    if parameter.default is parameter.empty:
        return False
    default = encode(parameter.default, hint(parameter))
    return bool(_plain(value) == _plain(OmegaConf.structured(default) if is_entry(default) else default))


def _is_component(value: Any) -> bool:
    """Whether a node stands for a component, and not for a value that YAML lacks."""
    return isinstance(value, DictConfig) and "_target_" in value and not _is_made(str(value["_target_"]))


def _is_made(target: str) -> bool:
    return target == GET_OBJECT or target.startswith(("builtins.", "pathlib."))


def _made(plain: Any) -> Any:
    """Plain data with the values themselves in place of the nodes that make them."""
    if is_list(plain):
        return [_made(item) for item in plain]
    if not is_dict(plain):
        return plain
    if not _is_made(str(plain.get("_target_", ""))):
        return {key: _made(item) for key, item in plain.items()}
    if "path" in plain:
        return plain["path"]
    return _made(plain["_args_"][0]) if plain.get("_args_") else []


def _plain(value: Any) -> Any:
    return listed(OmegaConf.to_container(value) if OmegaConf.is_config(value) else value)
