"""Two runs held against each other: what they were made of, and what came of them."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

Record = Mapping[str, Any]

COMPARED = "python", "hardware", "numerics", "environment"
_NAMES_A_JOB = ("SLURM_",)
_LISTED = 8


def differences(then: Record, now: Record) -> list[str]:
    """What differs between the records of two starts, a line each; none where nothing does."""
    if not then:
        return ["no provenance was recorded there: what differs today is unknown"]
    lines = code_changes(then, now)
    if then["identity"] != now["identity"]:
        lines.append("config: not the recorded one")
    if then["before"]:
        lines.append("that run was continued, and has not been trained in one go as this one will be")
    for section in COMPARED:
        lines += [f"{section}: {line}" for line in _lines(then[section], now[section])]
    packages = _lines(then["packages"], now["packages"])
    more = [f"and {len(packages) - _LISTED} more"] if len(packages) > _LISTED else []
    return [*lines, *([f"packages: {', '.join([*packages[:_LISTED], *more])}"] if packages else [])]


def outcome(then: Record, now: Record) -> list[str]:
    """Whether two runs' results are bitwise equal; if not, each value that differs, and by how much."""
    if not then:
        return ["there are none to compare with"]
    before, after = dict(_values(then)), dict(_values(now))
    differing = [
        f"{name}: {_shown(value)} then, {_shown(again)} now{_by(value, again)}"
        for name, value, again in ((name, before.get(name), after.get(name)) for name in {**before, **after})
        if not _same(value, again)
    ]
    if not differing:
        return [f"repeated bitwise, all {len(after)} values"]
    return [f"{len(differing)} of {len({**before, **after})} values are not the recorded ones", *differing]


def code_changes(then: Record, now: Record) -> list[str]:
    """What differs in the code, or why that is unknown."""
    return [*_code(then["code"], now["code"])]


def _code(then: Record, now: Record) -> Iterator[str]:
    if "unknown" in then or "unknown" in now:
        when = "then" if "unknown" in then else "today"
        yield f"code: unknown {when} ({then.get('unknown') or now.get('unknown')})"
        return
    if then.get("commit") != now.get("commit"):
        yield f"code: commit {_short(then.get('commit'))} -> {_short(now.get('commit'))}"
    changed, changes = then.get("diff_sha256"), now.get("diff_sha256")
    if changed != changes:
        said = {(True, False): "uncommitted changes then, none today", (False, True): "uncommitted changes today"}
        what = said.get((bool(changed), bool(changes)), "other uncommitted changes than then")
        yield f"code: {what}{_named({*then.get('changed', ()), *now.get('changed', ())})}"
    # A new file changes nothing by itself: what imports it has changed too.
    others: Mapping[str, str] = now.get("untracked_code", {})
    altered = [name for name, digest in then.get("untracked_code", {}).items() if others.get(name) != digest]
    if altered:
        yield f"code: other contents than then, of what git does not track{_named(altered)}"


def _named(files: Iterable[str]) -> str:
    names = sorted(files)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f": {', '.join(names[:_LISTED])}{more}" if names else ""


def _short(commit: str | None) -> str:
    return commit[:12] if commit else "none"


def changes(then: Record, now: Record) -> Iterator[tuple[str, str, str]]:
    """Each name whose value is not the same in both, with the two."""
    for name in {**then, **now}:
        if then.get(name) != now.get(name) and not name.startswith(_NAMES_A_JOB):
            yield name, _shown(then.get(name)), _shown(now.get(name))


def _lines(then: Record, now: Record) -> list[str]:
    return [f"{name} {before} -> {after}" for name, before, after in sorted(changes(then, now))]


def _shown(value: object) -> str:
    return "none" if value is None or value == [] else str(value)


def _values(results: Record) -> Iterator[tuple[str, float]]:
    """The numbers of `results.json` that a repetition must give again."""
    yield from ((name, results[name]) for name in ("value", "epochs", "steps") if name in results)
    for phase in ("validation", "test"):
        yield from cast("Mapping[str, float]", results.get(phase, {})).items()


def _same(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return then is now
    return then == now or (math.isnan(then) and math.isnan(now))


def _by(then: float | None, now: float | None) -> str:
    return "" if then is None or now is None else f" (by {abs(now - then):.3g})"
