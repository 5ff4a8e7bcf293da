"""`/auth`: whether a registry accepts a login. It is the client who keeps it."""

from __future__ import annotations

import msgspec

from onggi.api.call import Call
from onggi.api.refusals import Refusal, of_error
from onggi.api.route import Nothing, Route
from onggi.api.wire.auth import AuthConfig, login
from onggi.errors import Unauthorized
from onggi.registry.place import DOCKER_ACCOUNT


class Accepted(msgspec.Struct, frozen=True, rename="pascal"):
    """`identity_token`: what the client keeps in place of the password, "" where the registry gives none."""

    status: str
    identity_token: str


def check(call: Call[Nothing, AuthConfig]) -> Accepted:
    """Ask a registry whether it accepts a login; nothing of it stays here."""
    server = call.body.server_address or DOCKER_ACCOUNT
    try:
        accepted = call.engine.accounts.check(server, login(call.body))
    except Unauthorized as error:
        said = of_error(error).message
        raise Refusal(401, f"login attempt to {server} failed with status: 401 Unauthorized: {said}") from error
    return Accepted("Login Succeeded", accepted.identity_token)


ROUTES = (Route(method="POST", path="/auth", handler=check, body=AuthConfig, answer=Accepted, kind="waits"),)
