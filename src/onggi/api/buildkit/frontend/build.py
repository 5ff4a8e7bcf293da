"""A build as a client asks for it: fetch what it is made of, and make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from onggi.api.buildkit import failures
from onggi.api.buildkit.failures import Place
from onggi.api.buildkit.frontend import caches, definitions, exports, frontends, options, sources
from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.jobs import Job
from onggi.api.buildkit.session import credentials
from onggi.api.buildkit.session.agents import Agents
from onggi.api.buildkit.session.secrets import Secrets
from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry, SolveRequest
from onggi.api.buildkit.wire.definition_pb2 import Definition
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest
from onggi.dockerfile.source import Source
from onggi.engine.output import Output
from onggi.engine.types import BuildRequest, BuildResult
from onggi.errors import OnggiError, Unsupported
from onggi.solve.ports import Abandoned, Cancel


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
    def of_request(cls, request: SolveRequest) -> Solve:
        return cls(
            frontend=request.frontend,
            options=request.frontend_attrs,
            caches=tuple(request.cache.imports),
            inputs=request.frontend_inputs,
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


def build(
    hub: Hub, job: Job, solve: Solve, *more: Output, until: Callable[[Callable[[], object]], object] = lambda act: None
) -> BuildResult:
    """`more`: outputs besides those that the job's exporters ask for. until: is told what gives the build up, without
    the job. Raises CallError for what is wrong with the request, and for what a build raises."""
    with ExitStack() as scope:
        cancel = _given_up_with(job, scope)
        until(cancel.set)
        try:
            asked = request(hub, job, solve, scope, cancel)
        except OnggiError as error:
            raise failures.of_build(error, Place()) from error
        made = _make(hub, job, replace(asked, outputs=(*asked.outputs, *more)), cancel)
    job.results.append(made)
    return made


def _make(hub: Hub, job: Job, asked: BuildRequest, cancel: Cancel) -> BuildResult:
    dockerfile = _dockerfile(asked)
    story = job.progress.story(dockerfile)
    try:
        made = hub.engine.build(
            asked, story, job.logins or partial(credentials.tell, job.session.until(cancel)), cancel
        )
    except OnggiError as error:
        failure = failures.of_build(error, Place(*story.failed, dockerfile) if story.failed else Place())
        story.fail(failure.message)
        raise failure from error
    except Abandoned:
        story.fail()
        raise
    story.end(made.warnings)
    return made


def _dockerfile(asked: BuildRequest) -> Source | None:
    """Its text, as far as it is known here: of a context that is fetched from elsewhere it is not."""
    if asked.dockerfile_text is None or asked.dockerfile is None:
        return None
    return Source.of(asked.dockerfile_text, str(asked.dockerfile))


def _given_up_with(job: Job, scope: ExitStack) -> Cancel:
    """A build that goes wrong sets its own: the job goes on."""
    cancel = Cancel()
    scope.callback(job.cancel.add(cancel.set))
    return cancel


def request(hub: Hub, job: Job, solve: Solve, scope: ExitStack, cancel: Cancel) -> BuildRequest:
    """What is fetched for it stays until the scope ends."""
    if job.request.source_policy or solve.has_policy:
        raise Unsupported(
            "source policies are not heeded",
            hint="leave EXPERIMENTAL_BUILDKIT_SOURCE_POLICY out; FROM NAME@sha256:… names an image by its digest",
        )
    session = job.session.until(cancel)
    asked = options.request(solve.options)
    if solve.body is not None:
        fetched = sources.of_body(solve.body, solve.options)
    else:
        fetched = sources.fetch(hub, job, solve.options, scope, cancel)
    frontends.check(solve.frontend, solve.options, fetched.dockerfile_text or "")
    outputs = exports.outputs(exports.exporters(job.request), exports.Scope(session, scope))
    whole = replace(
        asked,
        context=fetched.context,
        dockerfile=fetched.dockerfile,
        dockerfile_text=fetched.dockerfile_text,
        contexts={**fetched.contexts, **definitions.contexts(solve.options, solve.inputs)},
        outputs=outputs,
        cache_from=caches.sources(solve.options, solve.caches, session),
        cache_to=caches.targets(job.request.cache.exports, session, job.written.append),
        allow=tuple(job.request.entitlements),
        secrets=Secrets(session),
        ssh=Agents(session),
    )
    return hub.permission.judge(whole)
