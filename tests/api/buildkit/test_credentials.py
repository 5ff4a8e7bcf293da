"""Logins that only the client has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import grpc
import pytest
from tests.api.buildkit.grpc_client import session

from onggi.api.buildkit.session.credentials import METHOD, tell
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import CredentialsRequest, CredentialsResponse
from onggi.engine.registry.known_logins import known_logins
from onggi.registry.logins.login import Login
from onggi.registry.place import DOCKER_ACCOUNT
from onggi.settings import Settings

KNOWN = {
    "127.0.0.1:5000": ("me", "pass:wörd"),
    "registry-1.docker.io": ("hub", "secret"),
    "token.example": ("", "identity"),
    "nobody.example": ("", ""),
}


def _credentials(message: bytes, context: grpc.ServicerContext) -> bytes:
    host = CredentialsRequest.FromString(message).host
    if host not in KNOWN:
        context.abort(grpc.StatusCode.UNKNOWN, "docker-credential-x is not there")
    username, secret = KNOWN[host]
    return CredentialsResponse(username=username, secret=secret).SerializeToString()


@pytest.fixture(scope="module")
def client() -> Iterator[Session]:
    with session({METHOD: _credentials}) as served:
        yield served


def _login(client: Session, account: str, noted: list[str] | None = None) -> Login | None:
    """As whatever asks a registry gets it."""
    settings = Settings(root=Path("/"), note=(noted if noted is not None else []).append)
    return known_logins(settings.with_logins(partial(tell, client))).get(account)


@pytest.mark.parametrize(
    ("account", "login"),
    [
        ("127.0.0.1:5000", Login("me", "pass:wörd")),
        (DOCKER_ACCOUNT, Login("hub", "secret")),
        ("token.example", Login(identity_token="identity")),
        ("nobody.example", None),
    ],
)
def test_a_login_is_told_by_the_host(client: Session, account: str, login: Login | None) -> None:
    assert _login(client, account) == login


def test_who_cannot_tell_keeps_nobody_from_what_is_public(client: Session) -> None:
    noted: list[str] = []
    assert _login(client, "broken.example", noted) is None
    assert "its login for broken.example: docker-credential-x is not there" in noted[0]


def test_a_client_without_logins_has_none() -> None:
    noted: list[str] = []
    with session({}) as client:
        assert _login(client, "127.0.0.1:5000", noted) is None
    assert noted == []
