"""Whether a failure on fake tensors is the user's mistake; a false alarm would be ours."""

import re
from collections.abc import Iterable
from typing import TypeVar

from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    UnsupportedFakeTensorException,
    UnsupportedOperatorException,
)

from .rehearsal import Findings
from .report import Trouble
from .stand_in import NotRehearsed
from .trace import Suspicion

T = TypeVar("T")

_FAKE_ONLY = (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedFakeTensorException,
    UnsupportedOperatorException,
)
_ELSEWHERE = re.compile(r"\b(cuda|gpus?|nvidia|devices?|mps|xpu|fork-based|capturable)\b|not implemented for", re.I)
"""Of a device that is not here, or of this process."""

_FITTING = re.compile(
    r"shape|size|elements|dimension|\bdim\b|channels|dtype|scalar type|number of classes|out of (bounds|range)|\bgot\b",
    re.I,
)
"""What torch says when tensors do not fit together."""

_BROADCAST = "Using a target size"
_LONGEST = 300


def judge(fake: Findings, real: Findings | None) -> tuple[list[Trouble], list[str]]:
    """Sort what failed on fake tensors into problems and what could not be checked.

    A failure counts when it also happens on real tensors. Where those did not get that far, or the model is too large
    to try, it counts when torch says that shapes or dtypes do not fit.

    Args:
        fake: the rehearsal at full size.
        real: the same on few real examples, or None if there was none.

    Returns:
        Problems, and sentences about the rest.

    """
    went_through = real is not None and real.logged.keys() >= {"train"} | fake.logged.keys()
    confirmed = _confirmed(fake, real, went_through)
    problems = [_trouble(each, real) for each in confirmed]
    if not any(each.component == "loss" for each in problems):
        problems += [Trouble("loss", _clean(text)) for text in fake.warnings if text.startswith(_BROADCAST)]
    places = {_key(each) for each in confirmed}
    rest = [each for each in fake.suspicions if _key(each) not in places and not (went_through and each.on_samples)]
    return _unique(problems), _unique(_sentence(each, real) for each in rest)


def _confirmed(fake: Findings, real: Findings | None, went_through: bool) -> list[Suspicion]:
    failing = {_key(each): each for each in real.suspicions if _blamable(each)} if real else {}
    confirmed = [
        each
        for each in fake.suspicions
        if _blamable(each) and (_same(each, failing.get(_key(each))) or (not went_through and _fitting(each)))
    ]
    seen = {_key(each) for each in confirmed}
    # Behind a branch that fake tensors cannot take there may be more, which only the real ones reached.
    return confirmed + [each for key, each in failing.items() if key not in seen and _fitting(each)]


def _key(suspicion: Suspicion) -> tuple[str, str]:
    return suspicion.place.component, suspicion.place.layer


def _same(fake: Suspicion, real: Suspicion | None) -> bool:
    return real is not None and (type(real.error) is type(fake.error) or _fitting(real))


def _fitting(suspicion: Suspicion) -> bool:
    return _FITTING.search(str(suspicion.error)) is not None


def _blamable(suspicion: Suspicion) -> bool:
    error = suspicion.error
    if isinstance(error, (*_FAKE_ONLY, NotRehearsed)) or FakeTensor.__name__ in str(error):
        return False
    if suspicion.place.component == "loop" and isinstance(error, AttributeError) and "NoneType" in str(error):
        return False  # more likely something that a Trainer would have filled in
    return not _ELSEWHERE.search(str(error))


def _trouble(suspicion: Suspicion, real: Findings | None) -> Trouble:
    place, errors = suspicion.place, [suspicion.error]
    # Of the same failure, real operations speak more plainly; but they may have seen fewer examples.
    for each in real.suspicions if real else ():
        if each.place == place or (_key(each) == _key(suspicion) and not _fitting(suspicion)):
            errors.insert(0, each.error)
    return Trouble(place.component, _clean(str(errors[0])), place.layer, place.inputs)


def _sentence(suspicion: Suspicion, real: Findings | None) -> str:
    where = suspicion.place.layer or suspicion.place.component
    if isinstance(suspicion.error, NotRehearsed):
        return f"{where}: {suspicion.error}"
    if isinstance(suspicion.error, DataDependentOutputException | DynamicOutputShapeException):
        return f"{where}: what follows depends on values, and fake tensors have none ({suspicion.error.func})"
    told = ", and not on real" if real and "train" in real.logged else ""
    return f"{where}: fails on fake tensors{told}: {_clean(str(suspicion.error)) or type(suspicion.error).__name__}"


def _clean(message: str) -> str:
    text = " ".join(message.split("\n\n")[0].split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _unique(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))
