"""The few values of a composed config by which people compare runs."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from inspect import Parameter
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from project.config.entry import origin
from project.config.group import Default, Group
from project.config.guards import is_dict, is_list, listed
from project.config.root import slots, starts
from project.config.signature import locate, name, parameters
from project.config.values import RESERVED, is_entry

Value = bool | int | float | str

UNCOMPARED = {"logger", "output_dir", "check", "preflight", "steps_per_round"}
"""Fields that change nothing about the outcome."""
HARDWARE = {"trainer", "trainer.accelerator", "trainer.devices", "trainer.num_nodes"}
"""Where it ran."""


def hyperparameters(config: Any, /) -> dict[str, Value]:
    """The options that were chosen (`model`) and their parameters (`model.beeg_factor`), by dotted path.

    Of a group of one: what its entry says, and what differs from the target's own default. Of groups of many, such as
    callbacks, and of the run's own fields: what differs from the catalogue. Whatever refers to another value is left
    out.
    """
    container = listed(OmegaConf.to_container(config, resolve=False))
    found: dict[str, Any] = {}
    for field, value in container.items():
        group = slots().get(field)
        if field in UNCOMPARED or field not in starts():
            continue
        if group is None:
            found |= {field: value} if value != starts()[field] else {}
        elif group.many:
            found |= _of_many(value, group)
        else:
            found |= {field: _choice(value, group), **_of_one(field, value, group)}
    return {
        key: value if isinstance(value, Value) else str(value) for key, value in found.items() if key not in HARDWARE
    }


def _choice(node: Any, group: Group[Any]) -> str:
    """The name of the option that Hydra chose; the class's where a preset brings a component without a name."""
    target = locate(node["_target_"])
    choices = HydraConfig.get().runtime.choices if HydraConfig.initialized() else {}
    chosen = str(choices.get(group.group))
    known = origin(group.options.get(chosen))
    return chosen if known is not None and known.target is target else name(target)


def _of_one(field: str, node: Any, group: Group[Any]) -> dict[str, Any]:
    target = locate(node["_target_"])
    entries = (origin(option) for option in group.options.values())
    said = {key for entry in entries if entry is not None and entry.target is target for key in entry.given}
    return dict(_leaves(field, node, said))


def _of_many(nodes: Mapping[str, Any], group: Group[Any]) -> dict[str, Any]:
    start = starts()[group.group]
    usual = isinstance(start, Default) and set(start.options) == set(nodes)
    found: dict[str, Any] = {} if usual else {group.group: ",".join(nodes)}
    for key, node in nodes.items():
        option = group.options.get(key)
        plain: dict[str, Any] = listed(OmegaConf.to_container(OmegaConf.structured(option))) if is_entry(option) else {}
        catalogue = dict(_leaves(f"{group.group}.{key}", plain, set(plain)))
        leaves = _leaves(f"{group.group}.{key}", node, set(plain))
        found |= {path: value for path, value in leaves if (path, value) not in catalogue.items()}
    return found


def _leaves(path: str, node: Any, said: AbstractSet[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """The values below a component: those of the parameters in `said`, and those that are no default of its target."""
    if is_list(node) and any(map(is_dict, node)):
        node = {str(index): item for index, item in enumerate(node)}
    if not is_dict(node):
        if not (isinstance(node, str) and "${" in node):
            yield path, node
        return
    known = parameters(locate(node["_target_"])) if "_target_" in node else dict[str, Parameter]()
    for key, value in node.items():
        if is_dict(value) and "_target_" in value:
            yield f"{path}.{key}", name(locate(value["_target_"]))
        usual = listed(known[key].default) if key in known else None
        if key not in RESERVED and (key in said or value != usual):
            yield from _leaves(f"{path}.{key}", value)
