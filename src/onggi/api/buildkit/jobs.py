"""What is being solved: by the name that the client has given it, under which it asks how things are."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.api.buildkit.grpc.stream import Carrier
from onggi.api.buildkit.progress.progress import Progress
from onggi.api.buildkit.sessions import Session
from onggi.api.buildkit.wire.control_pb2 import SolveRequest
from onggi.api.buildkit.wire.gateway_pb2 import ReturnRequest
from onggi.engine.types import BuildResult
from onggi.errors import Conflict, NotFound
from onggi.oci.descriptor import Descriptor
from onggi.solve.ports import Cancel

_PATIENCE_SECONDS = 5.0
"""For one that a client asks about by another call, which may be the first to come."""
_MOST_ENDED = 32
"""Whose progress can be followed afterwards."""


class Job:
    """A solve, from its call to the answer. logins: those that came with it. connection: by which it was asked for, and
    by which alone it can be gone on with. `results`: of the builds that were made for it; `written`: the caches that
    they have put into folders of the client."""

    def __init__(
        self, request: SolveRequest, session: Session, logins: str = "", connection: Carrier | None = None
    ) -> None:
        self.request = request
        self.session = session
        self.logins = logins
        self.connection = connection
        self.cancel = Cancel()
        self.progress = Progress(request.ref)
        self.results: list[BuildResult] = []
        self.written: list[Descriptor] = []
        self._returned: ReturnRequest | None = None
        self._changed = threading.Event()
        self.cancel.add(self._changed.set)

    def give(self, answer: ReturnRequest) -> None:
        """What the client's own part of it has come to."""
        self._returned = answer
        self._changed.set()

    def returned(self) -> ReturnRequest | None:
        """That, once it is there; None where the job was given up before."""
        self._changed.wait()
        return self._returned


def missing(name: str) -> NotFound:
    """What is said of a job that is not there, or not for who asks."""
    return NotFound(f"no such job {name}")


class Jobs:
    """Those of this server."""

    def __init__(self) -> None:
        self._known: dict[str, Job] = {}
        self._ended: deque[tuple[str, Progress]] = deque(maxlen=_MOST_ENDED)
        self._changed = threading.Condition()

    @contextmanager
    def open(self, job: Job) -> Iterator[None]:
        """It can be found until the end of the block. Raises Conflict where another one has its name."""
        name = job.request.ref
        with self._changed:
            if name in self._known:
                raise Conflict(f"job ID {name} exists")
            self._known[name] = job
            self._changed.notify_all()
        try:
            yield
        finally:
            job.progress.end()
            with self._changed:
                del self._known[name]
                self._ended.append((name, job.progress))

    def __bool__(self) -> bool:
        return bool(self._known)

    def progress(self, name: str) -> Progress:
        """Also of one that has just ended: a build of which everything is cached is done before its client has asked.
        Waits as `get`, and raises as it."""
        with self._changed:
            if not name or not self._changed.wait_for(lambda: self._has(name), _PATIENCE_SECONDS):
                raise missing(name)
            return self._known[name].progress if name in self._known else dict(self._ended)[name]

    def _has(self, name: str) -> bool:
        return name in self._known or name in dict(self._ended)

    def get(self, name: str) -> Job:
        """Waits a while for it. Raises NotFound."""
        with self._changed:
            if not name or not self._changed.wait_for(lambda: name in self._known, _PATIENCE_SECONDS):
                raise missing(name)
            return self._known[name]
