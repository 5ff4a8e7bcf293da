"""RUN --mount as it is written: what each option means is in the goldens, here is what is wrong with one."""

from __future__ import annotations

import pytest

from onggi.dockerfile.source import DockerfileError
from onggi.graph.op import BindMount, CacheMount, Exec, Mount, SecretMount
from onggi.lower.request import LowerRequest
from onggi.oci.platform import Platform

from .test_lower import lowered


def mount(text: str, *before: str) -> Mount:
    """The last mount of a RUN that has these."""
    flags = "".join(f"--mount={each} " for each in (*before, text))
    graph = lowered(f"FROM a AS first\nFROM b\nARG HERE=/here\nRUN {flags}true")
    op = graph.vertices[graph.output.vertex].op
    assert isinstance(op, Exec)
    return op.mounts[-1]


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("type=volume,target=/x", "--mount of type volume is unknown", "bind, cache, tmpfs, secret, ssh"),
        ("type=cahce,target=/x", "did you mean cache?", "types are"),
        ("type=,target=/x", "--mount of type  is unknown", "types are"),
        ("type=cache,targte=/x", "--mount knows no targte; did you mean target?", ""),
        ("type=cache,target", "target of --mount needs a value", "write target=…"),
        ("type=cache", "--mount has no target", "write target=/path"),
        ("type=cache,target=/", "the target of --mount cannot be /", "mount it on a folder"),
        ("type=cache,target=/x/..", "the target of --mount cannot be /", ""),
        (
            "type=cache,target=/x,sharing=exclusive",
            "sharing=exclusive of --mount is unknown",
            "shared, private, locked",
        ),
        ("type=cache,target=/x,mode=0999", "mode=0999 of --mount is not octal", ""),
        ("type=cache,target=/x,uid=me", "uid=me of --mount is not a number", ""),
        ("type=cache,target=/x,required", "required is not for a --mount of type cache", "it takes from, gid, id"),
        ("type=bind,from=first,target=/x,size=1", "size is not for a --mount of type bind", "it takes from"),
        ("type=bind,from=first", "--mount has no target", ""),
        ("type=bind,from=first,target=/x,ro=maybe", "readonly=maybe of --mount is neither true nor false", ""),
        ("type=bind,from=$HERE,target=/x", "from= of --mount takes no variables", "AS a name"),
        ("type=tmpfs,target=/x,size=lots", "size=lots of --mount", "write for example 64m"),
        ("type=tmpfs,size=1m", "--mount has no target", ""),
        ("type=secret", "a secret needs an id", "write --mount=type=secret,id=NAME"),
        ("type=secret,id=a,source=b", "a secret takes id or source, not both", ""),
        ("type=secret,id=a,sharing=locked", "sharing is not for a --mount of type secret", ""),
        ("type=ssh,env=X", "env is not for a --mount of type ssh", ""),
        ("'type=cache,\"target=/x'", '--mount=type=cache,"target=/x', ""),
    ],
)
def test_each_mistake_has_one_message(text: str, sentence: str, hint: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        mount(text)
    assert sentence in caught.value.sentence
    assert hint in caught.value.hint
    assert caught.value.span.line == 4


def test_ways_to_write_the_same() -> None:
    assert mount("from=first,src=a,dst=/x") == mount("type=bind,from=first,source=/a/,destination=/x,ro,readonly=true")
    assert mount("from=first,source=a,target=/x,rw") == BindMount(target="/x", input=1, source="a", writable=True)
    assert mount("from=first,target=/x,readonly=false") == mount("from=first,target=/x,readwrite=true")
    assert mount("TYPE=cache,Target=/x") == CacheMount(target="/x", id="/x")
    assert mount("'type=cache,\"target=/x,y\"'") == CacheMount(target="/x,y", id="/x,y")


def test_variables_stand_for_their_values() -> None:
    assert mount("type=cache,target=$HERE,id=of-${HERE}") == CacheMount(target="/here", id="of-/here")


def test_a_secret_is_named_by_what_there_is() -> None:
    assert mount("type=secret,target=/x/token") == SecretMount(id="token", target="/x/token")
    assert mount("type=secret,src=token") == SecretMount(id="token", target="/run/secrets/token")
    assert mount("type=secret,id=a/b") == SecretMount(id="a/b", target="/run/secrets/b")
    assert mount("type=secret,id=token,env=TOKEN") == SecretMount(id="token", env="TOKEN")


def test_agents_are_counted() -> None:
    assert mount("type=ssh", "type=ssh", "type=tmpfs,target=/x", "type=ssh").target == "/run/buildkit/ssh_agent.2"


def test_insecure_must_be_allowed() -> None:
    text = "FROM a\nRUN --security=insecure true"
    with pytest.raises(DockerfileError, match="RUN --security=insecure is not allowed"):
        lowered(text)
    op = lowered(text, LowerRequest(platform=Platform("amd64"), insecure=True)).vertices[-1].op
    assert isinstance(op, Exec)
    assert op.insecure
