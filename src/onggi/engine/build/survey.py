"""What a Dockerfile says, without building it: what the rules find, its targets, what a target takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from onggi.dockerfile.source import DockerfileError, Source
from onggi.dockerfile.syntax import Dockerfile
from onggi.lint.check import check, failure
from onggi.lint.finding import Finding
from onggi.lint.policy import Policy
from onggi.lint.rule import Rule
from onggi.lint.view.context import Context
from onggi.lint.view.facts import Base, Facts
from onggi.lower.outline import ImageRoot, Outline, outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.scope import automatic_arguments


class Checked(msgspec.Struct, frozen=True):
    """`error` is why the file could not be checked to its end; there may be findings all the same. `is_bad`: it is not
    as the project demands."""

    source: Source
    findings: tuple[Finding, ...] = ()
    error: DockerfileError | None = None
    is_bad: bool = True


class Demands(msgspec.Struct, frozen=True):
    """What a Dockerfile is checked for: the rules, what the project says of them, and what else they may look at; the
    time in seconds since the epoch."""

    rules: Sequence[Rule]
    policy: Policy
    context: Context | None
    now: float


def survey(
    dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage], demands: Demands
) -> Checked:
    """All of the file or, if the request names a target, the stages that it needs."""
    failed: DockerfileError | None = None
    try:
        plan = outline(dockerfile, request, bases)
        facts = _facts(dockerfile, request, bases, plan, frozenset(plan.stages) if request.target else None)
    except DockerfileError as error:
        facts, failed = _facts(dockerfile, request), error
    facts = replace(facts, policy=demands.policy, context=demands.context, now=demands.now)
    found = check(dockerfile, facts, demands.rules)
    threshold = demands.policy.threshold
    is_bad = threshold is not None and any(finding.severity.reaches(threshold) for finding in found)
    return Checked(dockerfile.source, found, failed, is_bad or failed is not None)


def warnings(
    dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]
) -> tuple[Finding, ...]:
    """What to tell of the stages that a build needs. Raises DockerfileError where the file makes it an error."""
    plan = outline(dockerfile, request, bases)
    facts = _facts(dockerfile, request, bases, plan, frozenset(plan.stages))
    found = check(dockerfile, facts)
    error = failure(dockerfile, facts, found)
    if error is not None:
        raise error
    return found


def _facts(
    dockerfile: Dockerfile,
    request: LowerRequest,
    bases: Mapping[ImageName, BaseImage] = {},
    plan: Outline | None = None,
    stages: frozenset[int] | None = None,
) -> Facts:
    found = plan.stages.items() if plan is not None else ()
    return Facts(
        automatic=automatic_arguments(dockerfile, request),
        build_args=request.build_args,
        ignore=request.ignore,
        bases={
            index: Base.of(bases[stage.base.name].config)
            for index, stage in found
            if isinstance(stage.base, ImageRoot) and stage.base.name in bases
        },
        stages=stages,
        named=frozenset(name.partition("::")[0] for name in request.contexts),
    )
