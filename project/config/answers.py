"""The flags that ask for an answer and run nothing: `--help` and the shell's question for completion."""

from argparse import Namespace

from project.manual import complete, explain


def answered(given: Namespace) -> bool:
    """Write the answer to a flag that asks for one; False when there is no such flag.

    Raises:
        ConfigError: help is asked for on something that there is not.
    """
    from project.config.pages import gather  # for which a review has no use

    if given.help:
        explain(gather(), given.overrides)
        return True
    shell = [override.removeprefix("query=") for override in given.overrides if override.startswith("query=")]
    if given.shell_completion and shell:
        complete(gather(), shell[0])
        return True
    return False
