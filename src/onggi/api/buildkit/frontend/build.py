"""A build as a client asks for it: fetch what it is made of, and make it."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from onggi.api.buildkit import failures
from onggi.api.buildkit.failures import Place
from onggi.api.buildkit.frontend import caches, exports, frontends, options, sources
from onggi.api.buildkit.frontend.attempt import Attempt
from onggi.api.buildkit.session import credentials
from onggi.api.buildkit.session.agents import Agents
from onggi.api.buildkit.session.secrets import Secrets
from onggi.dockerfile.source import Source
from onggi.engine.output import Output
from onggi.engine.types import BuildRequest, BuildResult
from onggi.errors import OnggiError, Unsupported
from onggi.solve.ports import Abandoned


def build(attempt: Attempt, *more: Output) -> BuildResult:
    """`more`: outputs besides those that the job's exporters ask for. Raises CallError for what is wrong with the
    request, and for what a build raises."""
    try:
        asked = request(attempt)
    except OnggiError as error:
        raise failures.of_build(error, Place()) from error
    made = _make(attempt, replace(asked, outputs=(*asked.outputs, *more)))
    attempt.job.results.append(made)
    return made


def _make(attempt: Attempt, asked: BuildRequest) -> BuildResult:
    job = attempt.job
    dockerfile = _dockerfile(asked)
    story = job.progress.story(dockerfile)
    try:
        logins = job.logins or partial(credentials.tell, attempt.session)
        made = attempt.hub.engine.build(asked, story, logins, attempt.cancel)
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


def request(attempt: Attempt) -> BuildRequest:
    """Raises OnggiError for what is wrong with it, Abandoned."""
    job, solve, session = attempt.job, attempt.solve, attempt.session
    if job.request.source_policy or solve.has_policy:
        raise Unsupported(
            "source policies are not heeded",
            hint="leave EXPERIMENTAL_BUILDKIT_SOURCE_POLICY out; FROM NAME@sha256:… names an image by its digest",
        )
    frontends.check(solve.frontend, solve.options)
    asked = options.request(solve.options)
    if solve.body is not None:
        fetched = sources.of_body(solve.body, solve.options)
    else:
        fetched = sources.fetch(attempt)
    outputs = exports.outputs(exports.exporters(job.request), exports.Scope(session, attempt.scope))
    whole = replace(
        asked,
        context=fetched.context,
        dockerfile=fetched.dockerfile,
        dockerfile_text=fetched.dockerfile_text,
        contexts=fetched.contexts,
        outputs=outputs,
        cache_from=caches.sources(solve.options, solve.caches, session),
        cache_to=caches.targets(job.request.cache.exports, session, job.written.append),
        allow=tuple(job.request.entitlements),
        secrets=Secrets(session),
        ssh=Agents(session),
    )
    return attempt.hub.permission.judge(whole)
