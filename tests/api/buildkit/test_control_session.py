"""A client that can be called through a call of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import grpc
import pytest
from tests.api.buildkit.wire import PREFACE, SECONDS, SETTINGS, asked, frame
from tests.api.policies import Facts

from onggi.api.buildkit import service
from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.methods import METHODS
from onggi.api.buildkit.permission import Permission
from onggi.api.buildkit.wire.session_pb2 import BytesMessage
from onggi.api.policy.sight import Sight
from onggi.engine.engine import Engine
from onggi.engine.loan import Loan
from onggi.errors import Conflict

PATH = "/moby.buildkit.v1.Control/Session"
NAMED = (("x-docker-expose-session-uuid", "theirs"),)
BEGUN = BytesMessage(data=PREFACE + frame(SETTINGS, 0, 0)).SerializeToString()


@pytest.fixture
def hub() -> Hub:
    """Of a server that takes one call at a time, without an engine: it is not asked for anything."""
    return Hub(cast(Engine, None), Permission(None, Sight({}, Facts())), 1)


@pytest.fixture
def client(hub: Hub) -> Iterator[Any]:
    with asked(partial(service.serve, hub, METHODS, cast(Loan, None))) as channel:
        yield channel


def test_it_is_there_until_the_call_ends(hub: Hub, client: Any) -> None:
    def messages() -> Iterator[bytes]:
        yield BEGUN
        assert hub.sessions.get("theirs").id == "theirs"
        with pytest.raises(Conflict):
            hub.sessions.require_new("theirs")

    answers = client.stream_stream(PATH)(messages(), metadata=NAMED, timeout=SECONDS)
    assert BytesMessage.FromString(next(answers)).data.startswith(PREFACE)
    list(answers)
    hub.sessions.require_new("theirs")


def test_what_is_no_message_ends_it(hub: Hub, client: Any) -> None:
    """And nothing of it stays: neither its name nor its place."""
    list(client.stream_stream(PATH)(iter([BEGUN, b"\xff\xff"]), metadata=NAMED, timeout=SECONDS))
    hub.sessions.require_new("theirs")
    with hub.room():
        pass


def test_what_is_no_request_is_the_clients_mistake(client: Any) -> None:
    with pytest.raises(grpc.RpcError, match="Control/Session: what was sent is no BytesMessage") as refused:
        list(client.stream_stream(PATH)(iter([b"\xff\xff"]), metadata=NAMED, timeout=SECONDS))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
