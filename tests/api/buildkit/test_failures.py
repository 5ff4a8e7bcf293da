"""How a build that fails is told: BuildKit's words, and the place in the Dockerfile."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from onggi.api.buildkit import failures
from onggi.api.buildkit.failures import Place
from onggi.api.buildkit.grpc import status
from onggi.api.buildkit.wire.control_pb2 import Status
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, DockerfileUnsupported, NotAllowed, Source, Span
from onggi.engine.build.errors import MissingSource, NoDockerfile, NotHere
from onggi.errors import NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.graph.op import Copy
from onggi.graph.vertex import Vertex
from onggi.lower.request import ImageName
from onggi.oci.platform import Platform
from onggi.solve.run import StepError

TEXT = "FROM a\nRUN one \\\n  && two\nCOPY nope /x\n"
DOCKERFILE = Source.of(TEXT, "Dockerfile")


def failed(hint: str = "", argv: tuple[str, ...] = ("/bin/sh", "-c", 'echo "x"')) -> StepError:
    return StepError("x failed", build="b", number=2, exit_code=3, lines=(), argv=argv, hint=hint)


def details(error: OnggiError, place: Place = Place()) -> dict[str, Any]:  # noqa: B008 — frozen
    told = failures.of_build(error, place)
    said = Status.FromString(told.details)
    if told.details:
        assert (said.code, said.message) == (told.code, told.message)
    return {each.type_url: msgspec.json.decode(each.value) for each in said.details}


def test_a_process_that_fails_is_told_in_buildkits_words() -> None:
    told = failures.of_build(failed(), Place())
    assert told.code == status.UNKNOWN
    assert told.message == 'process "/bin/sh -c echo \\"x\\"" did not complete successfully: exit code: 3'
    assert not told.details


def test_a_hint_stands_behind() -> None:
    assert failures.of_build(failed("ask for more memory"), Place()).message.endswith(
        "exit code: 3 (ask for more memory)"
    )


def test_a_step_that_fails_shows_all_lines_of_its_instruction_and_its_vertex() -> None:
    found = details(failed(), Place("sha256:ab", 2, DOCKERFILE))
    assert found == {
        "github.com/moby/buildkit/errdefs.Vertex+json": {"digest": "sha256:ab"},
        "github.com/moby/buildkit/errdefs.Source+json": {
            "info": {
                "filename": "Dockerfile",
                "data": base64.b64encode(TEXT.encode()).decode(),
                "language": "Dockerfile",
            },
            "ranges": [{"start": {"line": 2}, "end": {"line": 2}}, {"start": {"line": 3}, "end": {"line": 3}}],
        },
    }


def test_a_step_shows_its_heredoc_too() -> None:
    place = Place("sha256:ab", 2, Source.of("FROM a\nRUN <<EOT\none\nEOT\nRUN x", "Dockerfile"))
    ranges = details(failed(), place)["github.com/moby/buildkit/errdefs.Source+json"]["ranges"]
    assert [each["start"]["line"] for each in ranges] == [2, 3, 4]


def test_a_step_of_a_dockerfile_that_is_not_known_shows_its_vertex() -> None:
    assert list(details(failed(), Place("sha256:ab", 2))) == ["github.com/moby/buildkit/errdefs.Vertex+json"]


def test_a_mistake_shows_its_place_once() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM a\nRUM x", "some/folder/Dockerfile")
    told = failures.of_build(caught.value, Place())
    assert told.message == "dockerfile parse error on line 2: unknown instruction RUM; did you mean RUN?"
    (source,) = details(caught.value).values()
    assert source["info"]["filename"] == "Dockerfile"
    assert source["ranges"] == [{"start": {"line": 2}, "end": {"line": 2}}]


def test_what_is_right_and_cannot_be_shows_its_place_too() -> None:
    error = DockerfileUnsupported("it is not for this machine", Source.of("FROM a"), Span(1, 6, 1, 7))
    assert failures.of_build(error, Place()).message == "it is not for this machine"
    assert failures.of_error(error).details == failures.of_build(error, Place()).details != b""


def test_what_is_not_allowed_is_no_parse_error() -> None:
    error = NotAllowed("RUN --network=host is not allowed", DOCKERFILE, Span(2, 1, 2, 4), hint="allow it")
    assert failures.of_build(error, Place()).message == "RUN --network=host is not allowed (allow it)"


def test_hints_to_a_command_line_that_the_client_need_not_have_are_left_out() -> None:
    error = Unauthorized("r:5000 needs a login", hint="`onggi login r:5000`")
    assert failures.of_build(error, Place()).message == failures.of_error(error).message == "r:5000 needs a login"


def test_a_file_that_is_not_there() -> None:
    vertex = Vertex(op=Copy(sources=(), destination="/x"), text="COPY nope /x", line=4)
    error = MissingSource("nope is not in the build context", "nope", vertex, is_of_context=True)
    place = Place("sha256:ab", 4, DOCKERFILE)
    assert failures.of_build(error, place).message == 'nope is not in the build context: "/nope": not found'
    assert details(error, place)["github.com/moby/buildkit/errdefs.Source+json"]["ranges"][0]["start"] == {"line": 4}


def test_no_dockerfile() -> None:
    assert failures.of_build(NoDockerfile("None: no such file"), Place()).message == (
        "failed to read dockerfile: None: no such file"
    )


def test_an_image_that_is_not_to_be_had() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FRO a")
    error, name = caught.value, ImageName("a:1", Platform("amd64"))
    error.__cause__ = NotHere(name, NotFound("there is none"))
    assert failures.of_build(error, Place()).message == (
        f"failed to resolve source metadata for docker.io/library/a:1: {error.sentence}"
    )


@pytest.mark.parametrize("error", [Unsupported("it cannot be"), Unavailable("it is gone")])
def test_no_other_failure_of_a_build_has_a_code_either(error: OnggiError) -> None:
    told = failures.of_build(error, Place())
    assert (told.code, told.message) == (status.UNKNOWN, error.message)


def test_calls_fail_with_codes() -> None:
    told = failures.of_error(NotFound("no such job", hint="ask for another"))
    assert (told.code, told.message) == (status.NOT_FOUND, "no such job (ask for another)")
