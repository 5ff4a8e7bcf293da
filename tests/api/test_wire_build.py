"""What a build is asked for by parameters, and how what went wrong is told."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from multidict import MultiDict

from onggi.api import query
from onggi.api.refusals import Refusal
from onggi.api.wire import build as wire
from onggi.container.spec import Resources
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, WrongPlatform
from onggi.engine.build.errors import MissingSource, NoDockerfile, NotHere
from onggi.engine.output import ImageCache
from onggi.engine.types import Pruned, Removed
from onggi.errors import Corrupt, Invalid, NotFound, OnggiError, Unauthorized, Unsupported
from onggi.graph.op import Copy
from onggi.graph.vertex import Vertex
from onggi.lower.request import ImageName
from onggi.oci.platform import Platform
from onggi.solve.run import StepError

CONTEXT = BytesIO()


def asked(*parameters: tuple[str, str]) -> wire.BuildQuery:
    found = query.read(MultiDict(parameters), wire.BuildQuery)
    assert isinstance(found, wire.BuildQuery)
    return found


def test_nothing_is_said() -> None:
    request = wire.request(asked(), CONTEXT)
    assert request.context is CONTEXT
    assert request.dockerfile is None
    assert request.references == ()
    wire.refuse(asked())


def test_all_is_said() -> None:
    request = wire.request(
        asked(
            ("dockerfile", "a/b"),
            ("t", "x:1"),
            ("t", "y:2"),
            ("nocache", "1"),
            ("pull", "true"),
            ("target", "test"),
            ("platform", "linux/arm64/v8"),
            ("buildargs", '{"A": "1", "B": null, "C": ""}'),
            ("labels", '{"k": "v"}'),
            ("cachefrom", '["x:1", ""]'),
            ("networkmode", "host"),
            ("extrahosts", "a:1.2.3.4"),
            ("extrahosts", "b:::1"),
            ("shmsize", "1000"),
            ("ulimits", '[{"Name": "nofile", "Hard": 20, "Soft": 10}]'),
            ("squash", "1"),
        ),
        CONTEXT,
    )
    assert request.dockerfile == Path("a/b")
    assert request.references == ("x:1", "y:2")
    assert request.no_cache and request.pull and request.squash
    assert request.target == "test"
    assert request.platforms == (Platform("arm64"),)
    assert request.build_args == {"A": "1", "C": ""}
    assert request.labels == {"k": "v"}
    assert request.cache_from == (ImageCache(reference="x:1"),)
    assert request.network == "host"
    assert request.hosts == ("a:1.2.3.4", "b:::1")
    assert request.shm_size == 1000
    assert request.ulimits == ("nofile=10:20",)


@pytest.mark.parametrize("name", ["buildargs", "labels", "cachefrom", "ulimits"])
def test_null_is_nothing(name: str) -> None:
    wire.request(asked((name, "null")), CONTEXT)
    for text in ("{", "1", '"x"', "\udcff"):
        with pytest.raises(Refusal, match=name) as caught:
            wire.request(asked((name, text)), CONTEXT)
        assert caught.value.status == 400


def test_what_steps_may_use() -> None:
    request = wire.request(
        asked(
            ("memory", "10000000"),
            ("memswap", "-1"),
            ("cpushares", "512"),
            ("cpuperiod", "10000"),
            ("cpuquota", "5000"),
            ("cpusetcpus", "0-1"),
            ("cpusetmems", "0"),
            ("cgroupparent", "/ci"),
        ),
        CONTEXT,
    )
    assert request.resources == Resources(
        memory=10000000,
        memory_swap=-1,
        cpu_shares=512,
        cpu_period=10000,
        cpu_quota=5000,
        cpuset_cpus="0-1",
        cpuset_mems="0",
    )
    assert request.cgroup_parent == "/ci"


def test_options_of_security_that_change_nothing_are_taken() -> None:
    for text in ("label=disable", "label:disable", "seccomp=builtin", "no-new-privileges=false"):
        wire.refuse(asked(("securityopt", text)))
    for text in ("seccomp=unconfined", "no-new-privileges", "label=type:x"):
        with pytest.raises(Unsupported):
            wire.refuse(asked(("securityopt", text)))
    with pytest.raises(Invalid, match="nosuch"):
        wire.refuse(asked(("securityopt", "nosuch=1")))


def test_sessions_and_outputs_are_buildkits() -> None:
    for parameters in (("session", "abc"), ("outputs", '[{"Type":"local"}]')):
        with pytest.raises(Unsupported, match="is not supported"):
            wire.refuse(asked(parameters))
        wire.read(asked(parameters, ("version", "2")))
    wire.refuse(asked(("version", "1"), ("outputs", "[]"), ("isolation", "default")))
    with pytest.raises(Invalid, match="no version 3"):
        wire.refuse(asked(("version", "3")))


def test_what_becomes_of_a_build_of_buildkits() -> None:
    assert wire.exporter(asked()) == wire.Exporter("moby")
    local = asked(("outputs", '[{"Type":"local","Attrs":{"platform-split":"false"}}]'))
    assert wire.exporter(local) == wire.Exporter("local", {"platform-split": "false"})
    for text in ('[{"Type":"local"},{"Type":"tar"}]', '[{"Type":"oci"}]', '[{"Type":"image","Attrs":{"push":"true"}}]'):
        with pytest.raises(Unsupported):
            wire.exporter(asked(("outputs", text)))


def test_the_context_of_a_session_is_none_of_the_servers() -> None:
    for remote in ("client-session", "upload-request"):
        assert wire.read(asked(("version", "2"), ("remote", remote))).context == ""
    assert wire.read(asked(("version", "2"), ("remote", "http://a/b.tar"))).context == "http://a/b.tar"


def test_networks_that_builds_have_not() -> None:
    with pytest.raises(Unsupported, match="networkmode container:db"):
        wire.request(asked(("networkmode", "container:db")), CONTEXT)


def raised(error: OnggiError, cause: Exception) -> OnggiError:
    error.__cause__ = cause
    return error


def mistake() -> DockerfileError:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM x\nFOO y")
    return caught.value


def elsewhere() -> WrongPlatform:
    placed = mistake()
    return WrongPlatform("x is for linux/arm64, not for linux/amd64", placed.source, placed.span)


NAME = ImageName("shop:1", Platform("amd64"))
COPY = Vertex(op=Copy(sources=(), destination="/x"), text="COPY a /x", line=3)
STEP = StepError("x", build="b", number=1, exit_code=3, lines=(), argv=("/bin/sh", "-c", "exit 3"))


@pytest.mark.parametrize(
    ("error", "words", "is_of_step"),
    [
        (
            MissingSource("a is gone", "a", COPY, is_of_context=True, hint="look for it"),
            "COPY failed: file not found in build context or excluded by .dockerignore: stat a: file does not exist "
            "(line 3: COPY a /x: a is gone)",
            True,
        ),
        (
            MissingSource("a is not in the build context", "a", COPY, is_of_context=True),
            "COPY failed: file not found in build context or excluded by .dockerignore: stat a: file does not exist "
            "(line 3: COPY a /x)",
            True,
        ),
        (
            MissingSource("stage 1: no such file", "b", COPY, is_of_context=False),
            "COPY failed: stat b: file does not exist (line 3: COPY a /x: stage 1: no such file)",
            True,
        ),
        (STEP, "The command '/bin/sh -c exit 3' returned a non-zero code: 3", True),
        (mistake(), "dockerfile parse error on line 2: unknown instruction FOO", False),
        (elsewhere(), "x is for linux/arm64, not for linux/amd64 (line 2)", False),
        (NoDockerfile("sub/File in -: no such file"), "Cannot locate specified Dockerfile: sub/File", False),
        (Corrupt("the build context cannot be unpacked"), "the build context cannot be unpacked", False),
        (raised(NotFound("x"), NotHere(NAME, NotFound("gone"))), "manifest for shop:1 not found: gone", True),
        (
            raised(NotFound("x"), NotHere(NAME, Unauthorized("no"))),
            "pull access denied for shop, repository does not exist or may require 'docker login': no",
            True,
        ),
    ],
)
def test_what_went_wrong(error: OnggiError, words: str, is_of_step: bool) -> None:
    said = wire.refusal(error, asked(("dockerfile", "sub/File")))
    assert said.message.startswith(words)
    assert wire.is_of_step(error) is is_of_step
    if not is_of_step:
        assert isinstance(said, Invalid)


def test_a_context_that_was_fetched_may_be_corrupt_without_the_client_being_wrong() -> None:
    error = Corrupt("it is not what it says")
    assert wire.refusal(error, asked(("remote", "http://x/y"))) is error


def test_a_pruned_cache() -> None:
    assert wire.of_pruned(Pruned()) == wire.CacheReport(None, 0)
    assert wire.of_pruned(Pruned((Removed("deleted", "k"),), 7)) == wire.CacheReport(("k",), 7)
