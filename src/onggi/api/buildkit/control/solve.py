"""Solve: a build from its beginning to what is exported. A client that names no frontend asks by the gateway for what
is to be built, and says there when it is done."""

from __future__ import annotations

from functools import partial

from onggi.api.buildkit.frontend import build, caches, definitions, exports, inquiries
from onggi.api.buildkit.frontend.attempt import Solve, attempt
from onggi.api.buildkit.grpc.status import CANCELLED, CallError
from onggi.api.buildkit.jobs import Job
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import SolveRequest, SolveResponse
from onggi.errors import NotFound
from onggi.oci.digest import Digest
from onggi.store.images import Images


def _handle(asked: Asked, request: SolveRequest) -> SolveResponse:
    job = Job(request, asked.hub.sessions.get(request.session), connection=asked.stream.connection)
    asked.stream.when_ended(job.cancel.set)
    with asked.hub.jobs.open(job):
        if request.definition.ops:
            raise definitions.unsupported(request.definition)
        solve = Solve.of_request(request)
        if not solve.frontend:
            _await_client(job)
        elif inquiries.is_asked(solve):
            return SolveResponse(exporter_response=inquiries.answer(asked.hub, job, solve))
        else:
            with attempt(asked.hub, job, solve) as begun:
                build.build(begun)
    listed = partial(_listed, asked.hub.engine.store.images)
    said = exports.response(exports.exporters(request), job.results, listed) | caches.response(job.written)
    return SolveResponse(exporter_response=said)


def _listed(images: Images, image: Digest) -> Digest:
    """One that has gone meanwhile is listed no more."""
    try:
        return images.get(image).id
    except NotFound:
        return image


def _await_client(job: Job) -> None:
    answer = job.returned()
    if answer is None:
        raise CallError(CANCELLED, "context canceled")
    if answer.HasField("error"):
        raise CallError(answer.error.code, answer.error.message, answer.error.SerializeToString())


METHOD = Method(SolveRequest, _handle)
