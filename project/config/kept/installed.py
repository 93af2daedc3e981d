"""The catalogue of a snapshot in the place of one that is imported."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins

from project.config.group import Group, groups
from project.config.guards import is_dict
from project.config.hydras import Fresh, put, resolvers
from project.config.kept.entries import made, nodes_of
from project.config.kept.stand_ins import StandIns
from project.config.kept.uncertain import Uncertain
from project.config.root import state as root_state
from project.config.signature import stand_ins, told
from project.config.targets import named


@contextmanager
def standing_in(review: Mapping[str, Any]) -> Generator[None, None, None]:
    """Within it, the catalogue is the snapshot's.

    Raises:
        Uncertain: Hydra has other plugins or resolvers than it had.
    """
    Plugins.instance()  # which stores the options of what is installed
    known, store = StandIns(review["classes"], review["targets"]), ConfigStore.instance()
    repo = _repo(store.repo, review, known)
    if sorted(path for path, _ in nodes_of(repo)) != review["store"] or not resolvers().issuperset(review["resolvers"]):
        raise Uncertain
    made_at = {path: partial(known.at, path) for path in review["targets"]}
    with _replaced(told, {}), _replaced(stand_ins, made_at), _replaced(named, set(review["allowed"])):
        kinds = {name: _group(name, review, known) for name in review["groups"]}
        fields = _root(review, known, kinds)
        with _replaced(groups, kinds), _replaced(root_state, fields), _replaced(store.repo, repo):
            yield


@contextmanager
def _replaced(state: Any, contents: Any) -> Generator[None, None, None]:
    """Within it, a dict or a set has other contents."""
    before = state.copy()
    state.clear()
    state.update(contents)
    try:
        yield
    finally:
        state.clear()
        state.update(before)


class _Options(Mapping[str, Any]):
    """The options of a group, made likewise."""

    def __init__(self, group: str, names: list[str], made_at: Callable[[str], Any]) -> None:
        self.group, self.names, self.made_at = group, names, made_at

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        return self.made_at(f"{self.group}/{name}.yaml")

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _repo(before: Mapping[str, Any], review: Mapping[str, Any], known: StandIns) -> dict[str, Any]:
    """What the store holds, with the snapshot's nodes."""
    repo = _copied(before)
    for path, (package, kept) in review["nodes"].items():
        put(repo, Fresh(path, package, partial(made, kept, known)))
    return repo


def _copied(repo: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copied(node) if is_dict(node) else node for key, node in repo.items()}


def _group(name: str, review: Mapping[str, Any], known: StandIns) -> Group[Any]:
    kind, many, options = review["groups"][name]

    def option(path: str) -> Any:
        return made(review["nodes"][path][1], known)

    plain: Any = Group
    group: Group[Any] = object.__new__(plain)
    group.kind, group.group, group.many = known.meant(kind), name, many
    kept: Any = _Options(name, options, cache(option))
    group.options = kept
    return group


def _root(review: Mapping[str, Any], known: StandIns, kinds: Mapping[str, Group[Any]]) -> dict[str, Any]:
    return {
        "hints": {field: known.meant(annotation) for field, annotation in review["fields"].items()},
        "slots": {field: kinds[field] for field in review["slots"]},
        "presets": review["presets"],
    }
