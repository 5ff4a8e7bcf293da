"""A build as a client asks for it: fetch what it is made of, and make it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

import msgspec
from msgspec.structs import replace

from onggi.api.buildkit.frontend import exports, options, sources
from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.jobs import Job
from onggi.api.buildkit.session import credentials
from onggi.api.buildkit.session.agents import Agents
from onggi.api.buildkit.session.secrets import Secrets
from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry, SolveRequest
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest
from onggi.engine.types import BuildRequest, BuildResult
from onggi.solve.ports import Cancel


class Solve(msgspec.Struct, frozen=True, kw_only=True):
    """What a frontend is asked for: its name and options; caches to look into."""

    frontend: str
    options: Mapping[str, str]
    caches: tuple[CacheOptionsEntry, ...] = ()

    @classmethod
    def of_request(cls, request: SolveRequest) -> Solve:
        return cls(frontend=request.frontend, options=request.frontend_attrs, caches=tuple(request.cache.imports))

    @classmethod
    def of_bridge(cls, request: BridgeSolveRequest) -> Solve:
        return cls(frontend=request.frontend, options=request.frontend_opt, caches=tuple(request.cache_imports))


def build(hub: Hub, job: Job, solve: Solve) -> BuildResult:
    """Raises what is wrong with the request, and what a build raises."""
    with ExitStack() as scope:
        cancel = _given_up_with(job, scope)
        asked = _request(hub, job, solve, scope, cancel)
        logins = partial(credentials.tell, job.session)
        made = hub.engine.build(asked, job.progress, logins, cancel)
    job.results.append(made)
    return made


def _given_up_with(job: Job, scope: ExitStack) -> Cancel:
    """A build that goes wrong sets its own: the job goes on."""
    cancel = Cancel()
    scope.callback(job.cancel.add(cancel.set))
    return cancel


def _request(hub: Hub, job: Job, solve: Solve, scope: ExitStack, cancel: Cancel) -> BuildRequest:
    """What is fetched for it stays until the scope ends."""
    asked = options.request(solve.options)
    fetched = sources.fetch(hub.engine, job.session, solve.options, scope)
    outputs = exports.outputs(exports.exporters(job.request), exports.Scope(job.session, cancel, scope))
    return replace(
        asked,
        context=fetched.context,
        dockerfile=fetched.dockerfile,
        outputs=outputs,
        secrets=Secrets(job.session),
        ssh=Agents(job.session),
    )
