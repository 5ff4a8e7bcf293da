"""BuildKit's builds by `POST /build?version=2`, as Docker's command line asked for them before buildx, and dockerode
does (moby, builder/builder-next/builder.go)."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO

import msgspec

from onggi.api.buildkit.frontend import build
from onggi.api.buildkit.frontend.attempt import Solve, attempt
from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.jobs import Job
from onggi.api.buildkit.session.session import NOBODY
from onggi.api.buildkit.wire.control_pb2 import Exporter, SolveRequest
from onggi.api.refusals import Refusal
from onggi.api.wire import build as wire
from onggi.api.wire.build import BuildQuery
from onggi.engine.types import BuildRequest, BuildResult
from onggi.solve.ports import Cancel

_TRACE = "moby.buildkit.trace"
_IMAGE = "moby.image.id"

Tell = Callable[[dict[str, Any]], object]
"""A line of the answer."""


class BuildByQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: as it was asked, and as it was read. body: the request's own. logins: that came with it."""

    query: BuildQuery
    request: BuildRequest
    body: BinaryIO
    logins: str = ""


def serve(hub: Hub, wanted: BuildByQuery, tell: Tell, cancel: Cancel) -> None:
    """A build, or the context of one that another request asks for. Raises OnggiError, Refusal, Abandoned."""
    kind, _, name = wanted.query.build_id.partition(":")
    if kind == wire.UPLOAD:
        hub.bodies.offer(name, wanted.body, cancel)
        return
    with ExitStack() as scope:
        asked = solve_request(wanted)
        job = Job(asked, hub.sessions.get(asked.session) if asked.session else NOBODY, wanted.logins)
        scope.callback(cancel.add(job.cancel.set))
        scope.enter_context(hub.jobs.open(job))
        solve = Solve.of_request(asked, body=_context(hub, wanted, scope))
        made = _build(hub, job, solve, (lambda line: None) if wanted.query.quiet else tell)
        if made.is_stored:
            _tell_image(made, wanted.query, tell)


def _context(hub: Hub, wanted: BuildByQuery, scope: ExitStack) -> BinaryIO | None:
    """A body that is one."""
    if wanted.query.remote == wire.UPLOAD:
        return scope.enter_context(hub.bodies.take(wanted.query.build_id))
    return None if wanted.query.remote else wanted.body


def _build(hub: Hub, job: Job, solve: Solve, tell: Tell) -> BuildResult:
    """Tells of it while it goes on. Raises Refusal, as what is not a message of gRPC's."""
    teller = threading.Thread(target=_follow, args=(job, tell), daemon=True)
    teller.start()
    try:
        with attempt(hub, job, solve) as begun:
            return build.build(begun)
    except CallError as error:
        raise Refusal(500, error.message) from error
    finally:
        job.progress.end()
        teller.join()


def _follow(job: Job, tell: Tell) -> None:
    for told in job.progress.follow():
        tell({"id": _TRACE, "aux": base64.b64encode(told.SerializeToString()).decode()})


def _tell_image(made: BuildResult, query: BuildQuery, tell: Tell) -> None:
    if query.quiet:
        tell({"stream": f"{made.image_id}\n"})
    else:
        tell({"id": _IMAGE, "aux": {"ID": made.image_id}})


def solve_request(wanted: BuildByQuery) -> SolveRequest:
    """The same in the words of BuildKit's own protocol. What it has no words for (memory, cpuquota and the like) is
    passed over, as Docker does."""
    query = wanted.query
    exporter = wire.exporter(query)
    attributes = dict(exporter.attrs)
    if query.tags and exporter.type in ("image", wire.STORE):
        attributes["name"] = ",".join(query.tags)
    return SolveRequest(
        ref=secrets.token_hex(16),
        session=query.session,
        frontend="dockerfile.v0",
        frontend_attrs=_options(query, wanted.request),
        exporters=[] if exporter.type == "cacheonly" else [Exporter(type=exporter.type, attrs=attributes)],
        entitlements=["network.host"] if wanted.request.network == "host" else [],
    )


def _options(query: BuildQuery, request: BuildRequest) -> Mapping[str, str]:
    plain = {
        "target": query.target,
        "filename": "" if query.dockerfile == "." else query.dockerfile,
        "context": wire.url(query),
        "cache-from": ",".join(wire.cache_names(query)),
        "image-resolve-mode": "pull" if query.pull else "local",
        "platform": query.platform,
        "force-network-mode": "" if request.network == "default" else request.network,
        "add-hosts": ",".join(each.replace(":", "=", 1) for each in query.extra_hosts),
        "shm-size": str(query.shm_size or ""),
        "ulimit": ",".join(request.ulimits),
    }
    said = {name: text for name, text in plain.items() if text}
    said |= {f"build-arg:{name}": value for name, value in request.build_args.items()}
    said |= {f"label:{name}": value for name, value in request.labels.items()}
    return said | ({"no-cache": ""} if query.no_cache else {})
