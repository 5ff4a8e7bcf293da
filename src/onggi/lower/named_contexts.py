"""Named contexts that a build was given for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onggi.dockerfile.source import DockerfileError
from onggi.dockerfile.syntax import Copy, Dockerfile, From, Instruction, Run
from onggi.lower import mounts
from onggi.lower.outline import outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest, context_key
from onggi.lower.scope import global_arguments
from onggi.lower.statement import Statement
from onggi.suggest import nearest


def unused_contexts(
    dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage] = {}
) -> dict[str, str | None]:
    """The named contexts that stand in for nothing: no stage, FROM or --from of the file has the name, nor a trigger
    that runs in it. Each with the name that it may be a slip of."""
    if not request.contexts:
        return {}
    variables = global_arguments(dockerfile, request)
    statements = [
        *(_statement(dockerfile, each) for stage in dockerfile.stages for each in (stage.base, *stage.instructions)),
        *(each for stage in outline(dockerfile, request, bases).stages.values() for each in stage.statements),
    ]
    named = {context_key(name) for each in statements for name in _names(each, variables)}
    free = sorted(named - request.contexts.keys())
    return {name: nearest(name, free) for name in sorted(request.contexts) if name.partition("::")[0] not in named}


def _statement(dockerfile: Dockerfile, instruction: Instruction) -> Statement:
    return Statement(instruction, dockerfile.source, instruction.origin.span.line, dockerfile.escape)


def _names(statement: Statement, variables: Mapping[str, str]) -> Iterator[str]:
    try:
        match statement.instruction:
            case From(image=image, name=name):
                if name is not None:
                    yield name.text
                yield statement.expand(image, variables)
            case Copy(stage=stage) if stage is not None:
                yield stage.text
            case Run(mounts=flags):
                yield from filter(None, (mounts.origin(flag, statement) for flag in flags))
    except DockerfileError:  # of a stage that this build leaves out, or it would have ended already
        return
