"""torchvision's classification models and their weights, by name."""

import difflib
import pickle
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlparse

import torch
from torch import nn
from torchvision import models
from torchvision.models import WeightsEnum

NONE = "none"


def known_model(name: str) -> str:
    """`name`, if torchvision has a classification model of that name.

    Raises:
        ValueError: if it has none.

    """
    known = models.list_models(module=models)
    if name not in known:
        raise ValueError(f"{name=}: torchvision has no such classification model. {_there_is(name, known)}")
    return name


def chosen_weights(name: str, weights: str) -> WeightsEnum | None:
    """The weights of that name for a model, or None for `none`.

    Raises:
        ValueError: if there are none of that name.

    """
    choices = models.get_model_weights(name)  # pyright: ignore[reportUnknownMemberType]
    known = {NONE: None, **choices.__members__}
    short = weights.removeprefix(f"{choices.__name__}.")
    if short not in known:
        raise ValueError(f"{weights=}: {name} has no such weights. {_there_is(short, known)}")
    return known[short]


def pretrained(name: str, weights: WeightsEnum) -> nn.Module:
    """The model with these weights, from torch hub's folder or else from the internet.

    Raises:
        ValueError: if they cannot be downloaded, or their file holds something else.

    """
    url: str = weights.value.url
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
    try:
        # The model's own builder knows how older files are to be read, but would unpickle whatever they hold.
        weights.get_state_dict(check_hash=True, weights_only=True)
        return models.get_model(name, weights=weights)
    except (OSError, EOFError, RuntimeError, TypeError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0].rstrip(".:") or type(error).__name__
        if path.exists():
            raise ValueError(f"{path} does not hold {weights}: {reason}. Delete it.") from error
        raise ValueError(
            f"{weights} is not on this machine and cannot be downloaded: {reason}. Put {url} at {path}"
            f" (TORCH_HOME moves that folder), or choose weights='{NONE}'."
        ) from error


def _there_is(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else f"There is: {', '.join(names)}."
