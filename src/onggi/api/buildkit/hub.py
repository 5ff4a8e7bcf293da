"""What all clients of BuildKit's protocol share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.api.buildkit.bodies import Bodies
from onggi.api.buildkit.grpc.status import RESOURCE_EXHAUSTED, CallError
from onggi.api.buildkit.jobs import Jobs
from onggi.api.buildkit.permission import Permission
from onggi.api.buildkit.register import Register
from onggi.api.buildkit.session.received import Received
from onggi.api.buildkit.session.session import Session
from onggi.engine.engine import Engine

_PATIENCE_SECONDS = 10.0
"""For a session that a build names."""


class Hub:
    """Of one server. permission: what its clients may do. most: how many of their calls go on at once."""

    def __init__(self, engine: Engine, permission: Permission, most: int) -> None:
        self.engine = engine
        self.permission = permission
        self._most = most
        self._room = threading.BoundedSemaphore(most)
        self.sessions: Register[Session] = Register(
            "no active session for {}", "session {} already exists", _PATIENCE_SECONDS
        )
        self.jobs = Jobs()
        self.bodies = Bodies()
        self.received = Received()

    @contextmanager
    def room(self) -> Iterator[None]:
        """For a call, to the end of the block. Raises CallError where there are too many."""
        if not self._room.acquire(blocking=False):
            raise CallError(RESOURCE_EXHAUSTED, f"{self._most} calls go on already: more are not served")
        try:
            yield
        finally:
            self._room.release()
