"""Secrets that only the client has."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from tests.api.buildkit.grpc_client import session

from onggi.api.buildkit.session.secrets import METHOD, Secrets
from onggi.api.buildkit.wire.session_pb2 import GetSecretRequest, GetSecretResponse
from onggi.engine.secrets import LARGEST, Secret
from onggi.errors import Invalid, Unavailable

KNOWN = {"key": b"of the house", "empty": b"", "large": bytes(LARGEST + 1)}


class Keeper:
    """Who has them, and writes down what is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def get_secret(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        name = GetSecretRequest.FromString(message).id
        with self._lock:
            self.asked.append(name)
        if name == "locked":
            context.abort(grpc.StatusCode.UNKNOWN, "the keychain is locked")
        if name not in KNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, "not found")
        return GetSecretResponse(data=KNOWN[name]).SerializeToString()


@pytest.fixture(scope="module")
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture(scope="module")
def known(keeper: Keeper) -> Iterator[Secrets]:
    with session({METHOD: keeper.get_secret}) as client:
        yield Secrets(client)


def test_each_is_asked_for_once_and_when_it_is_wanted(known: Secrets, keeper: Keeper) -> None:
    assert dict(known) == {}
    assert keeper.asked == []
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(known.get, ["key", "none", "empty"] * 8))
    assert found == [Secret(b"of the house"), None, Secret(b"")] * 8
    assert sorted(keeper.asked) == ["empty", "key", "none"]
    assert dict(known) == {"key": Secret(b"of the house"), "empty": Secret(b"")}
    assert len(known) == 2


def test_one_that_the_client_cannot_give(known: Secrets) -> None:
    with pytest.raises(Unavailable, match="the secret locked: the keychain is locked"):
        known.get("locked")


def test_one_that_is_too_large(known: Secrets) -> None:
    with pytest.raises(Invalid, match="at most 500 kB"):
        known.get("large")


def test_a_client_without_secrets_has_none() -> None:
    with session({}) as client:
        assert "key" not in Secrets(client)


def test_what_is_no_answer() -> None:
    with session({METHOD: lambda message, context: b"\xff"}) as client, pytest.raises(Unavailable, match="what is no"):
        Secrets(client).get("key")


def test_a_client_that_has_gone() -> None:
    with session({}) as client:
        pass
    with pytest.raises(Unavailable, match="gone"):
        Secrets(client).get("key")
