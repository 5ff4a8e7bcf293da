"""Things that come and go, found by their names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from onggi.errors import Conflict, NotFound

T = TypeVar("T")


class Register(Generic[T]):
    """missing, taken: what is said of a name ("{}") that nothing has, or something already. patience: seconds in which
    one is waited for that comes by another connection than who asks for it. remembered: how many are found though they
    have gone."""

    def __init__(self, missing: str, taken: str, patience: float, remembered: int = 0) -> None:
        self._missing = missing
        self._taken = taken
        self._patience = patience
        self._remembered = remembered
        self._here: dict[str, T] = {}
        self._gone: dict[str, T] = {}
        self._changed = threading.Condition()

    def __bool__(self) -> bool:
        """Whether anything is here."""
        return bool(self._here)

    @contextmanager
    def open(self, name: str, thing: T) -> Iterator[None]:
        """It is here until the end of the block. Raises Conflict."""
        with self._changed:
            self.require_new(name)
            self._here[name] = thing
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._forget(name)

    def require_new(self, name: str) -> None:
        """Raises Conflict where something has this name."""
        if name in self._here:
            raise Conflict(self._taken.format(name))

    def get(self, name: str) -> T:
        """Waits a while for it. Raises NotFound."""
        with self._changed:
            if not name or not self._changed.wait_for(lambda: self._has(name), self._patience):
                raise NotFound(self._missing.format(name))
            return self._here[name] if name in self._here else self._gone[name]

    def _has(self, name: str) -> bool:
        return name in self._here or name in self._gone

    def _forget(self, name: str) -> None:
        self._gone.pop(name, None)  # the last to go is the last to be forgotten
        self._gone[name] = self._here.pop(name)
        while len(self._gone) > self._remembered:
            del self._gone[next(iter(self._gone))]
