"""What a frontend is asked for, and one try to do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

import msgspec

from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.jobs import Job
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry, SolveRequest
from onggi.api.buildkit.wire.definition_pb2 import Definition
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest
from onggi.solve.ports import Cancel


class Solve(msgspec.Struct, frozen=True, kw_only=True):
    """What a frontend is asked for: its name and options; caches to look into; results of other builds. body: the
    context, where it comes with the request. has_policy: it names sources that are to be others."""

    frontend: str
    options: Mapping[str, str]
    caches: tuple[CacheOptionsEntry, ...] = ()
    inputs: Mapping[str, Definition] = {}
    body: BinaryIO | None = None
    has_policy: bool = False

    @classmethod
    def of_request(cls, request: SolveRequest, body: BinaryIO | None = None) -> Solve:
        return cls(
            frontend=request.frontend,
            options=request.frontend_attrs,
            caches=tuple(request.cache.imports),
            inputs=request.frontend_inputs,
            body=body,
            has_policy=bool(request.source_policy),
        )

    @classmethod
    def of_bridge(cls, request: BridgeSolveRequest) -> Solve:
        return cls(
            frontend=request.frontend,
            options=request.frontend_opt,
            caches=tuple(request.cache_imports),
            inputs=request.frontend_inputs,
            has_policy=bool(request.source_policies),
        )


class Attempt(msgspec.Struct, frozen=True):
    """A solve of a job's. cancel: gives it up, and the job goes on. session: the job's, which is not waited for then.
    scope: what was fetched for it stays until it ends."""

    hub: Hub
    job: Job
    solve: Solve
    cancel: Cancel
    session: Session
    scope: ExitStack


@contextmanager
def attempt(hub: Hub, job: Job, solve: Solve) -> Iterator[Attempt]:
    """To the end of the block. It is given up with its job."""
    with ExitStack() as scope:
        cancel = Cancel()
        scope.callback(job.cancel.add(cancel.set))
        yield Attempt(hub, job, solve, cancel, job.session.until(cancel), scope)
