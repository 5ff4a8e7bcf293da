"""A build that comes by BuildKit's protocol to a socket that can do less: what is the client's own may go into it, and
nothing of the host."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.api.policies import Facts, policy

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.permission import Permission
from onggi.api.buildkit.session.agents import Agents
from onggi.api.buildkit.session.secrets import Secrets
from onggi.api.buildkit.session.sends import METHOD, Destination, FileOfClient, FolderOfClient
from onggi.api.buildkit.session.session import Session
from onggi.api.policy.sight import Sight
from onggi.engine.output import (
    ArchiveOutput,
    CacheOnly,
    FolderCache,
    FolderOutput,
    RegistryCache,
    StoreOutput,
    TarOutput,
)
from onggi.engine.types import BuildRequest, SentFolder, SentLayout
from onggi.errors import Denied
from onggi.layer.compression import Squeeze

SENT = SentFolder(name="app", fetch=lambda only: Path("/nonexistent"), outline=lambda: Path("/nonexistent"))


@pytest.fixture
def session() -> Any:
    with ExitStack() as scope:
        ours, theirs = map(scope.enter_context, socket.socketpair())
        yield Session("s", Channel(ours), frozenset({METHOD.lower()}))
        theirs.close()


def judged(allowed: str = "build", **fields: Any) -> BuildRequest:
    limited = policy(allowed)
    return Permission(limited, Sight(limited.rules, Facts())).judge(BuildRequest(**{"context": SENT, **fields}))


def test_what_the_client_gives_is_built(session: Session) -> None:
    to = Destination(session, 0)
    asked: dict[str, Any] = {
        "dockerfile_text": "FROM busybox",
        "contexts": {
            "a": SENT,
            "b": "docker-image://busybox",
            "c": "target:x",
            "d": "https://example.com/x.git",
            "e": SentLayout(lambda: "oci-layout:///nonexistent"),
        },
        "secrets": Secrets(session),
        "ssh": Agents(session),
        "outputs": (
            StoreOutput(("new",)),
            FolderOutput(FolderOfClient(to)),
            TarOutput(FileOfClient(to)),
            ArchiveOutput(format="oci", target=FileOfClient(to)),
            CacheOnly(),
        ),
    }
    found = judged(**asked)
    assert found == BuildRequest(context=SENT, realm=found.realm, **asked)
    assert judged(context="https://example.com/x.git").context == "https://example.com/x.git"
    assert judged(context=(body := BytesIO())).context is body


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"context": Path("/etc")}, "contexts from elsewhere", id="a folder of the host"),
        pytest.param({"context": "/etc"}, "contexts from elsewhere", id="a path"),
        pytest.param({"context": "git@example.com:x.git"}, "contexts from elsewhere", id="ssh"),
        pytest.param({"contexts": {"a": "/etc"}}, "the context a", id="a further folder"),
        pytest.param({"contexts": {"a": "oci-layout:///var/lib"}}, "the context a", id="a layout of the host"),
        pytest.param({"secrets": {"a": Path("/etc/shadow")}}, "not the client's", id="secrets"),
        pytest.param({"ssh": ("default",)}, "not the client's", id="agents"),
        pytest.param({"network": "host"}, "host's network", id="the host's network"),
        pytest.param({"allow": ("security.insecure",)}, "less confined", id="entitlements"),
        pytest.param({"cgroup_parent": "/"}, "control groups", id="control groups"),
        pytest.param({"host_ca": True}, "CA certificates", id="certificates"),
        pytest.param({"cache_from": (RegistryCache(reference="r.example/x"),)}, "caches of others", id="cache-from"),
        pytest.param({"cache_to": (object(),)}, "written elsewhere", id="cache-to"),
        pytest.param({"cache_from": (FolderCache(folder=Path("/")),)}, "caches of others", id="a cache of the host"),
        pytest.param({"outputs": (FolderOutput(Path("/")),)}, "written on the host", id="a folder that is written"),
        pytest.param({"outputs": (TarOutput(Path("/x")),)}, "written on the host", id="a file that is written"),
        pytest.param({"outputs": (StoreOutput(("x",), push=Squeeze("gzip")),)}, "push", id="a push"),
        pytest.param({"outputs": (StoreOutput(("debian:12",)),)}, "is taken", id="the name of another's image"),
        pytest.param({"references": ("debian:12",)}, "is taken", id="the name of another's image otherwise"),
    ],
)
def test_what_is_the_hosts_is_not(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(Denied, match=reason):
        judged(**fields)


def test_names_are_those_that_the_socket_gives() -> None:
    assert judged("build:name=ci/*", outputs=(StoreOutput(("ci/app",)),)).outputs
    with pytest.raises(Denied, match="matches none of ci/"):
        judged("build:name=ci/*", outputs=(StoreOutput(("app",)),))


def test_whose_build_it_is_nobody_says_himself() -> None:
    """So that others need not believe what their secrets have made of a step."""
    one, other = judged(), judged("build,pull")
    assert one.realm and other.realm not in ("", one.realm)
    assert judged(realm="other").realm == one.realm


def test_without_a_policy_everything_is_built() -> None:
    asked = BuildRequest(context=Path("/etc"), network="host")
    assert Permission(None, Sight({}, Facts())).judge(asked) is asked
