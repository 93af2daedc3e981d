"""The catalogue as it is registered, taken down as plain data."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from hydra.core.config_store import ConfigNode, ConfigStore
from omegaconf import DictConfig, OmegaConf

from project.config.group import groups
from project.config.guards import listed
from project.config.hydras import is_ours, resolvers
from project.config.kept.annotations import plain
from project.config.kept.entries import UnkeptError, nodes_of, written
from project.config.kept.targets import Targets, facts
from project.config.pages import gather
from project.config.refs import fact
from project.config.root import annotations, presets, slots
from project.config.signature import locate
from project.config.targets import allowed

_REFERENCE = re.compile(r"\$\{ref:(\w+)\.(\w+)\}")


class Taken(NamedTuple):
    """What is kept, and the files of installed packages whose line numbers it tells."""

    parts: dict[str, Any]
    definitions: set[str]


def taken() -> Taken:
    """The pages and, where plain data can hold them, what a review asks of the catalogue."""
    parts: dict[str, Any] = {"pages": gather().plain()}
    targets = Targets()
    with suppress(UnkeptError):  # everything is then reviewed by the classes themselves
        parts["review"] = _review(targets)
    options = [option for group in parts["pages"]["groups"] for option in group["options"]]
    return Taken(parts, {option["site"].rpartition(":")[0] for option in options} | targets.definitions)


def _review(targets: Targets) -> dict[str, Any]:
    nodes = {path: node for path, node in nodes_of(ConfigStore.instance().repo) if is_ours(node)}
    for path in sorted(allowed()):
        targets.add(path)
    kept = {
        "nodes": {path: [node.package, written(node.node, targets.known)] for path, node in nodes.items()},
        "groups": {
            name: [plain(group.kind, targets.known), group.many, list(group.options)] for name, group in groups.items()
        },
        "fields": {name: plain(hint, targets.known) for name, hint in annotations().items()},
        "slots": list(slots()),
        "presets": dict(presets()),
        "allowed": sorted(allowed()),
        "resolvers": sorted(resolvers()),
        "store": sorted(path for path, _ in nodes_of(ConfigStore.instance().repo)),
    }
    for path, found in _facts(nodes):
        targets.targets[path]["facts"] = found
    return {**kept, "classes": targets.classes, "targets": targets.targets}


def _facts(nodes: dict[str, ConfigNode]) -> Iterator[tuple[str, Any]]:
    """Of each component that entries may refer to, what its class says under the names that they use."""
    names = dict[str, set[str]]()
    for node in nodes.values():
        for group, name in _REFERENCE.findall(str(OmegaConf.to_container(node.node, resolve=False))):
            names.setdefault(group, set()).add(name)
    components = dict[str, tuple[set[str], list[DictConfig]]]()
    for path, node in nodes.items():
        group, target = path.rpartition("/")[0], node.node.get("_target_")
        if group in names and target:
            known = components.setdefault(target, (set(), []))
            known[0].update(names[group])
            known[1].append(node.node)
    for target, (asked, configs) in components.items():
        yield target, facts(locate(target), configs, sorted(asked), _read)


def _read(component: DictConfig, target: Any, name: str, looked_at: dict[str, Any]) -> Any:
    if name in component:
        raise AttributeError(name)  # which is what the reference then means
    found = fact(component, target, name, looked_at)
    for key, value in looked_at.items():
        looked_at[key] = listed(OmegaConf.to_container(value)) if OmegaConf.is_config(value) else value
    return found
