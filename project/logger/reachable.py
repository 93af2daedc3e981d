"""A server that logs are sent to, and that may go away."""

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Reachable:
    """A client whose calls, once the server has answered, no longer raise.

    A server that never answers ends a run before it trains. One that goes away costs the run what it would have been
    sent from then on, and a warning; no more is sent to it, since each attempt would hold the training up.

    Args:
        client: what talks to the server.
        address: the server's.
        errors: what the client raises where it cannot.

    """

    def __init__(self, client: Any, address: str, errors: type[Exception]) -> None:
        self.client, self.address, self.errors = client, address, errors
        self.answered = self.gone = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or "client" not in vars(self):
            raise AttributeError(name)
        method = getattr(self.client, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            if self.gone:
                return None
            try:
                answer = method(*arguments, **keywords)
            except self.errors as error:
                return self._missed(error)
            self.answered = True
            return answer

        return call

    def _missed(self, error: Exception) -> None:
        first = str(error).partition("\n")[0]
        if not self.answered:
            raise ConnectionError(
                f"{self.address} does not answer; start it, or leave this logger out: {first}"
            ) from error
        self.gone = True
        log.warning("%s no longer answers; the run goes on without it: %s", self.address, first)
