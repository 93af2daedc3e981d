"""The hooks that somebody listens to."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lightning import Callback, LightningModule, Trainer


class Hooks:
    """Calls the hooks of callbacks and module as Lightning does, in its order, and leaves out those that do nothing.

    Args:
        trainer: whose callbacks they are; some come and go while it trains.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer: Any = trainer
        self.module: Any = trainer.lightning_module
        self._state: dict[str, Any] = self.module.__dict__
        self._known = list[Callback]()
        self._listening = dict[str, list[Callable[..., None]]]()

    def look(self) -> None:
        """See which callbacks there are by now, before each batch."""
        callbacks = self.trainer.callbacks
        if callbacks != self._known:
            self._known, self._listening = [*callbacks], {}

    def __call__(self, name: str, *args: Any) -> None:
        """Call a hook of the callbacks, and then the module's."""
        listening = self._listening.get(name)
        if listening is None:
            listening = self._listening[name] = self._listeners(name)
        if not listening:
            return
        # By which `self.log` knows where it is called; the attribute of a Module would be set ten times as slowly.
        before, self._state["_current_fx_name"] = self._state["_current_fx_name"], name
        for each in listening:
            each(*args)
        self._state["_current_fx_name"] = before

    def _listeners(self, name: str) -> list[Callable[..., None]]:
        own = [getattr(self.module, name)] if overridden(self.module, name, LightningModule) else []
        callbacks = (each for each in self._known if overridden(each, name, Callback))
        return [*(partial(getattr(each, name), self.trainer, self.module) for each in callbacks), *own]


def overridden(owner: object, name: str, base: type) -> bool:
    """Whether a hook is another than that of `base`, which does nothing or what Lightning does by itself."""
    kind = type(owner)
    dynamic = kind.__getattribute__ is not object.__getattribute__ or (
        not isinstance(owner, LightningModule) and hasattr(kind, "__getattr__")
    )
    return dynamic or name in vars(owner) or getattr(kind, name, None) is not getattr(base, name, None)
