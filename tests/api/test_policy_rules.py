"""What is allowed, as it is said and shown."""

from __future__ import annotations

import pytest
from tests.api.policies import policy

from onggi.api.policy.rules import parse
from onggi.api.policy.show import show
from onggi.errors import Invalid


def test_without_limits_there_is_no_policy() -> None:
    assert parse((), is_read_only=False) is None
    assert "root on this host" in show(None)


@pytest.mark.parametrize(
    "text", ["everything", "build:label=x", "volumes:name=x", "containers:label=", "build:name", "pull:tag=x", ""]
)
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse([text], is_read_only=False)


def test_limits_of_a_set_add_up() -> None:
    found = policy("build:name=ci/*,pull", "build:name=test/*")
    assert found.rules["build"].names == ("ci/*", "test/*")
    assert list(found.rules) == ["build", "pull"]


def test_a_policy_is_shown() -> None:
    text = show(policy("build:name=ci/*,containers:label=ci"))
    assert "build: only name ci/*\n  POST /build\n  POST /build/cancel\n  POST /grpc: Solve, Status, Ping, " in text
    assert "  POST /grpc: Info, ListWorkers, Session\n" in text
    assert "containers: only label ci\n" in text
    assert "GET /_ping" in text
    assert "bind mounts" in text
    assert "/images/" not in text


def test_of_a_socket_that_only_looks_only_that_is_shown() -> None:
    text = show(policy("build", "containers", "images", is_read_only=True))
    assert "POST /build" not in text
    assert "DELETE" not in text
    assert "  POST /containers/{name}/wait\n" in text
    assert "  GET /images/{name}/json\n" in text
