"""The hooks that somebody listens to."""

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
        self._listening = dict[str, list[Any]]()

    def __call__(self, name: str, *args: Any) -> None:
        """Call a hook of the callbacks, and then the module's."""
        callbacks = self.trainer.callbacks
        if callbacks != self._known:
            self._known, self._listening = [*callbacks], {}
        listening = self._listening.get(name)
        if listening is None:
            listening = self._listening[name] = [each for each in callbacks if overridden(each, name, Callback)]
            if overridden(self.module, name, LightningModule):
                listening.append(self.module)
        if not listening:
            return
        # By which `self.log` knows where it is called; the attribute of a Module would be set ten times as slowly.
        before, self._state["_current_fx_name"] = self._state["_current_fx_name"], name
        for each in listening:
            if each is self.module:
                getattr(each, name)(*args)
            else:
                getattr(each, name)(self.trainer, self.module, *args)
        self._state["_current_fx_name"] = before


def overridden(owner: object, name: str, base: type) -> bool:
    """Whether a hook is another than that of `base`, which does nothing or what Lightning does by itself."""
    kind = type(owner)
    dynamic = kind.__getattribute__ is not object.__getattribute__ or (
        not isinstance(owner, LightningModule) and hasattr(kind, "__getattr__")
    )
    return dynamic or name in vars(owner) or getattr(kind, name, None) is not getattr(base, name, None)
