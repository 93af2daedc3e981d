"""What is wrong with a plain value that an entry is given."""

from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from project.config.guards import is_dict, is_list, is_tuple
from project.config.refs import Ref
from project.config.space import Space
from project.config.validate import Complaint, complaint
from project.config.values import is_entry
from project.problem import first_line


def misgiven(value: Any, annotation: Any) -> Complaint | None:
    """Why `value` may not be written where `annotation` is expected; None where it may.

    What a component, a reference or a space comes to is seen where it is composed.
    """
    return None if _stands_for_another(value) else complaint(value, annotation) or _unreadable(value)


def _stands_for_another(value: Any) -> bool:
    if is_list(value) or is_tuple(value) or is_dict(value):
        return any(map(_stands_for_another, value.values() if is_dict(value) else value))
    return isinstance(value, Ref | Space) or is_entry(value)


def _unreadable(value: Any) -> Complaint | None:
    """What is wrong with an interpolation in a text."""
    if is_list(value) or is_tuple(value) or is_dict(value):
        return next(filter(None, map(_unreadable, value.values() if is_dict(value) else value)), None)
    if isinstance(value, str) and "${" in value:
        try:
            OmegaConf.create([value])
        except OmegaConfBaseException as error:
            return first_line(error), ""
    return None
