"""Builds by BuildKit's protocol that need what only the client has: secrets, an agent, logins at registries."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.api.buildkit.own_client import Possessions, build
from tests.api.client import Client
from tests.registries import real
from tests.ssh import Agent

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.wire.control_pb2 import Exporter

from .conftest import BUSYBOX

pytestmark = [pytest.mark.one_server, pytest.mark.distributions]
PYTHON = "python:3.11-slim"
SECRET = b"of the client"
ASK_AGENT = """\
import os, socket
agent = socket.socket(socket.AF_UNIX)
agent.connect(os.environ["SSH_AUTH_SOCK"])
agent.sendall(bytes([0, 0, 0, 1, 11]))
size = int.from_bytes(agent.recv(4, socket.MSG_WAITALL), "big")
told = agent.recv(size, socket.MSG_WAITALL)
assert told[0] == 12 and b"person" in told
"""


def test_secrets_are_asked_for_by_the_steps_that_mount_them(api: Client) -> None:
    has = Possessions(secrets={"key": SECRET, "unused": b"never shown"})
    dockerfile = f"""\
FROM {BUSYBOX}
RUN --mount=type=secret,id=key --mount=type=secret,id=key,env=KEY,target=/else/where \
    echo "{hashlib.sha256(SECRET).hexdigest()}  /run/secrets/key" | sha256sum -c && test "$KEY" = "$(cat /else/where)"
RUN --mount=type=secret,dst=/root/none test ! -e /root/none
"""
    build(api.path, dockerfile, has)
    assert sorted(has.asked) == ["key", "none"]
    with pytest.raises(CallError, match="the build was not given the secret key") as missing:
        build(api.path, f"FROM {BUSYBOX}\nRUN --mount=type=secret,id=key,required true\n")
    assert "--secret id=key" in missing.value.message
    with pytest.raises(CallError, match="the secret key is in /stolen"):
        build(api.path, f"FROM {BUSYBOX}\nRUN --mount=type=secret,id=key cp /run/secrets/key /stolen\n", has)
    with pytest.raises(CallError, match="the secret key is in the configuration"):
        build(api.path, f"{dockerfile}ENV KEY='{SECRET.decode()}'\n", has)  # all of its steps are known


def test_an_agent_is_reached_from_a_step(api: Client, agent: Agent) -> None:
    program = f"RUN --mount=type=ssh python3 <<EOF\n{ASK_AGENT}EOF\n"
    dockerfile = f"FROM {PYTHON}\n{program}RUN test -z $SSH_AUTH_SOCK && test ! -e /run/buildkit\n"
    build(api.path, dockerfile, Possessions(agent=Path(agent.socket)))
    with pytest.raises(CallError, match="the build was not given the SSH agent default"):
        build(api.path, f"FROM {BUSYBOX}\nRUN --mount=type=ssh,required true\n")


def test_a_registry_is_asked_with_the_clients_login(api: Client, tmp_path: Path) -> None:
    with real.serve(tmp_path, users={"me": "secret"}) as registry:
        has = Possessions(logins={registry.host: ("me", "secret")})
        name = f"{registry.host}/made:1"
        push = Exporter(type="image", attrs={"name": name, "push": "true"})
        with pytest.raises(CallError, match="needs a login"):
            build(api.path, f"FROM {BUSYBOX}\nLABEL is=pushed\n", None, push)
        build(api.path, f"FROM {BUSYBOX}\nLABEL is=pushed\n", has, push)
        api.delete(f"/images/{name}")
        with pytest.raises(CallError, match="does not give made to everyone"):
            build(api.path, f"FROM {name}\n")
        build(api.path, f"FROM {name}\nRUN true\n", has)
        assert set(has.asked) == {registry.host}
