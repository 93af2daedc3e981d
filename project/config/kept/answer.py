"""A command line, answered by the snapshot of a catalogue; without a word where only the classes can tell."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from project.config.command import arguments
from project.config.hydras import VERSION_BASE
from project.config.kept.installed import standing_in
from project.config.kept.uncertain import Uncertain, uncertain
from project.config.launch import refuse_wrong_jobs
from project.problem import ConfigError

APART = "config_dir", "config_path", "config_name", "experimental_rerun", "help", "run"
"""Flags that bring in what the catalogue knows nothing of."""
ELSEWHERE = "run=", "rerun=", "sweep=", "hydra.searchpath", "+hydra.searchpath", "++hydra.searchpath", "query="
"""Overrides that do so, or that stand for what is in a directory."""
INFORMATION = frozenset({"config", "defaults", "defaults-tree", "searchpath"})


def answered(review: Mapping[str, Any], argv: list[str]) -> int | None:
    """Answer a command line that asks a question or is wrong.

    Args:
        review: the part of the snapshot of that name.
        argv: the command line.

    Returns:
        The status to end with; None where there is no answer, and nothing has been written.
    """
    # Hydra then raises what went wrong, which is told by the classes themselves.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    given = arguments(argv)
    if not _is_asked_here(given):
        return None
    try:
        with standing_in(review):
            configs = refuse_wrong_jobs(argv, uncertain)
            if _is_job_alone(given):
                sys.stdout.write(OmegaConf.to_yaml(configs[0]))
                return 0
            if not (given.cfg or given.info or given.hydra_help or given.shell_completion):
                return None
            _ask_hydra()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (Uncertain, Exception):
        return None
    finally:
        GlobalHydra.instance().clear()
    return 0


def _is_asked_here(given: Namespace) -> bool:
    return (
        not any(getattr(given, flag) for flag in APART)
        and not any(override.startswith(ELSEWHERE) for override in given.overrides)
        and given.info in {None, *INFORMATION}
    )


def _is_job_alone(given: Namespace) -> bool:
    """Whether the composed config is asked for as it is, which need not be composed once more."""
    several = given.multirun or any(override.startswith("hydra.mode=") for override in given.overrides)
    return given.cfg == "job" and not any((given.package, given.resolve, several, given.run, given.info))


def _ask_hydra() -> None:
    """Let Hydra print what it is asked for."""

    def nothing(config: Any) -> None:
        raise AssertionError("a question starts no run")

    nothing.__module__ = "__main__"  # Hydra tells where configs are looked for: for a script's, nowhere beside it
    hydra.main(config_name="config", config_path=None, **VERSION_BASE)(nothing)()
