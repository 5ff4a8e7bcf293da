"""What is being solved: by the name that the client has given it, under which it asks how things are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.api.buildkit.grpc.stream import Carrier
from onggi.api.buildkit.progress.progress import Progress
from onggi.api.buildkit.register import Register
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.control_pb2 import SolveRequest
from onggi.api.buildkit.wire.gateway_pb2 import ReturnRequest
from onggi.engine.types import BuildResult
from onggi.errors import NotFound
from onggi.oci.descriptor import Descriptor
from onggi.solve.ports import Cancel

_PATIENCE_SECONDS = 5.0
"""For one that a client asks about by another call, which may be the first to come."""
_MOST_ENDED = 32
"""Whose progress can be followed afterwards."""
_MISSING = "no such job {}"
_TAKEN = "job ID {} exists"


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
    return NotFound(_MISSING.format(name))


class Jobs:
    """Those of this server."""

    def __init__(self) -> None:
        self._running: Register[Job] = Register(_MISSING, _TAKEN, _PATIENCE_SECONDS)
        self._told: Register[Progress] = Register(_MISSING, _TAKEN, _PATIENCE_SECONDS, _MOST_ENDED)

    @contextmanager
    def open(self, job: Job) -> Iterator[None]:
        """It can be found until the end of the block. Raises Conflict where another one has its name."""
        name = job.request.ref
        with self._running.open(name, job), self._told.open(name, job.progress):
            try:
                yield
            finally:
                job.progress.end()

    def __bool__(self) -> bool:
        return bool(self._running)

    def progress(self, name: str) -> Progress:
        """Also of one that has just ended: a build of which everything is cached is done before its client has asked.
        Waits as `get`, and raises as it."""
        return self._told.get(name)

    def get(self, name: str) -> Job:
        """Waits a while for it. Raises NotFound."""
        return self._running.get(name)
