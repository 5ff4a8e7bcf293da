"""Contexts that come by a request of their own, for a build that another request has asked for (moby,
builder/builder-next: upload-request)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from onggi.errors import Invalid, NotFound
from onggi.solve.ports import Abandoned, Cancel

_PATIENCE_SECONDS = 10.0


class _Offer:
    def __init__(self, body: BinaryIO) -> None:
        self.body = body
        self.is_taken = False
        self.is_done = False


class Bodies:
    """Those of this server, by the build's name. patience: seconds in which the other one of the two requests comes."""

    def __init__(self, patience: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._changed = threading.Condition()
        self._offered: dict[str, _Offer] = {}

    def offer(self, name: str, body: BinaryIO, cancel: Cancel) -> None:
        """Hand a context to the build that waits for it, and stay until it has been read. Raises Invalid for a build
        without a name, NotFound where none comes for it, Abandoned."""
        _require(name)
        offer = _Offer(body)
        forget = cancel.add(self._wake)
        with self._changed:
            self._offered[name] = offer
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: offer.is_taken or cancel.is_set, self._patience)
                if not (offer.is_taken or cancel.is_set):
                    raise NotFound(f"there is no build {name}")
                self._changed.wait_for(lambda: offer.is_done or cancel.is_set)
                if not offer.is_done:
                    raise Abandoned
            finally:
                forget()
                if self._offered.get(name) is offer:
                    del self._offered[name]

    @contextmanager
    def take(self, name: str) -> Iterator[BinaryIO]:
        """Waits a while for it. Raises Invalid as `offer`, NotFound."""
        _require(name)
        with self._changed:
            if not self._changed.wait_for(lambda: name in self._offered, self._patience):
                raise NotFound(f"no context was sent for the build {name}")
            offer = self._offered.pop(name)
            offer.is_taken = True
            self._changed.notify_all()
        try:
            yield offer.body
        finally:
            with self._changed:
                offer.is_done = True
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _require(name: str) -> None:
    """Two that have none would get each other's."""
    if not name:
        raise Invalid("a context that comes by a request of its own names its build", hint="buildid says it")
