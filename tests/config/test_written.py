"""Configs that Hydra has written, by any of its versions."""

import pytest
from omegaconf import OmegaConf

from project.config.written import parse


def test_a_tuple_is_read_as_a_list_whatever_wrote_it() -> None:
    text = (
        "stages: !!python/tuple\n- fit\n- test\nbetas: !!python/tuple [0.9, 0.999]\nparts:\n- !!python/tuple\n  - 1\n"
    )
    assert OmegaConf.to_container(parse(text)) == {"stages": ["fit", "test"], "betas": [0.9, 0.999], "parts": [[1]]}


def test_a_text_that_speaks_of_tuples_stays_as_it_is() -> None:
    values = {"name": "a !!python/tuple b", "other": "!!python/tuple"}
    assert OmegaConf.to_container(parse(OmegaConf.to_yaml(OmegaConf.create(values)))) == values


def test_nothing_else_is_made_from_a_tag() -> None:
    with pytest.raises(Exception, match="could not determine a constructor"):
        parse("a: !!python/object/apply:os.getcwd []\n")
