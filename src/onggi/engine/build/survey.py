"""What a Dockerfile says, without building it: what the rules find, its targets, what a target takes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from onggi.dockerfile.source import DockerfileError, Source
from onggi.dockerfile.syntax import Dockerfile
from onggi.lint.check import check, failure
from onggi.lint.facts import Base, Facts
from onggi.lint.finding import Finding
from onggi.lower.outline import ImageRoot, Outline, outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.scope import automatic_arguments


class Checked(msgspec.Struct, frozen=True):
    """`error` is why the file could not be checked to its end; there may be findings all the same."""

    source: Source
    findings: tuple[Finding, ...] = ()
    error: DockerfileError | None = None


def survey(dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> Checked:
    """All of the file or, if the request names a target, the stages that it needs."""
    try:
        plan = outline(dockerfile, request, bases)
    except DockerfileError as error:
        return Checked(dockerfile.source, check(dockerfile, _facts(dockerfile, request)), error)
    stages = frozenset(plan.stages) if request.target else None
    return Checked(dockerfile.source, check(dockerfile, _facts(dockerfile, request, bases, plan, stages)))


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
    )
