"""onggi's errors → how a call ends. What a build fails with shows its place in the Dockerfile (moby/buildkit,
solver/errdefs; util/grpcerrors has details as JSON)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from onggi import errors
from onggi.api.buildkit.grpc import status
from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.progress import names, past
from onggi.api.buildkit.wire.control_pb2 import Status
from onggi.api.refusals import with_hint
from onggi.dockerfile import wire
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, DockerfileUnsupported, NotAllowed, Source
from onggi.dockerfile.syntax import last_line
from onggi.engine.build.errors import MissingSource, NoDockerfile, NotHere
from onggi.errors import OnggiError
from onggi.solve.run import StepError

_CODES: Mapping[type[OnggiError], int] = {
    errors.NotFound: status.NOT_FOUND,
    errors.Conflict: status.FAILED_PRECONDITION,
    errors.Invalid: status.INVALID_ARGUMENT,
    errors.Unauthorized: status.PERMISSION_DENIED,
    errors.Denied: status.PERMISSION_DENIED,
    errors.Unavailable: status.UNAVAILABLE,
    errors.Unsupported: status.UNIMPLEMENTED,
}
_TYPES = "github.com/moby/buildkit/errdefs."


class Place(msgspec.Struct, frozen=True):
    """What of a build has failed: a vertex, and the line of its instruction in the Dockerfile, where that is known."""

    vertex: str = ""
    line: int = 0
    dockerfile: Source | None = None


def of_error(error: OnggiError) -> CallError:
    """Of a call; one that was about a Dockerfile shows where in it."""
    if isinstance(error, DockerfileError | DockerfileUnsupported):
        return of_build(error, Place())
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), status.UNKNOWN)
    return CallError(code, with_hint(error.message, error))


def of_build(error: OnggiError, place: Place) -> CallError:
    """In BuildKit's words, where it has some that clients look for. Its builds fail without a code: clients would only
    put its name in front."""
    said = Status(code=status.UNKNOWN, message=with_hint(_sentence(error), error))
    for kind, document in _details(error, place):
        said.details.add(type_url=f"{_TYPES}{kind}+json", value=msgspec.json.encode(document))
    return CallError(said.code, said.message, said.SerializeToString() if said.details else b"")


def _sentence(error: OnggiError) -> str:
    match error:
        case StepError(argv=(_, *_)):
            return past.failed(error.argv, error.exit_code)
        case MissingSource():
            return f'{error.message}: "/{error.path.removeprefix("/")}": not found'
        case NoDockerfile():
            return f"failed to read dockerfile: {error.message}"
        case DockerfileError(__cause__=NotHere() as cause):
            return f"failed to resolve source metadata for {names.image(cause.name.reference)}: {error.sentence}"
        case NotAllowed() | DockerfileUnsupported():  # nothing that it says is wrong
            return error.sentence
        case DockerfileError():
            return f"{_kind(error.source)} parse error on line {error.span.line}: {error.sentence}"
        case _:
            return error.message


def _kind(source: Source) -> str:
    return ".dockerignore" if source.name.endswith(".dockerignore") else "dockerfile"


def _details(error: OnggiError, place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    if place.vertex:
        yield "Vertex", {"digest": place.vertex}
    if isinstance(error, DockerfileError | DockerfileUnsupported):
        yield "Source", _source(error.source, error.span.line, error.span.end_line)
    elif place.dockerfile is not None:
        for instruction in parse("\n".join(place.dockerfile.lines)).instructions():
            if instruction.origin.span.line == place.line:
                yield "Source", _source(place.dockerfile, place.line, last_line(instruction))


def _source(source: Source, first: int, last: int) -> dict[str, Any]:
    info = wire.source(source)
    return {"info": {**info, "filename": PurePath(info["filename"]).name}, **wire.location(first, last)}
