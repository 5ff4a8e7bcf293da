"""Logins that come with a request: the headers X-Registry-Auth and X-Registry-Config (moby, api/types/registry)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from onggi.api.refusals import Refusal
from onggi.decoders import decoder
from onggi.registry.logins.login import Login

_T = TypeVar("_T")


class AuthConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the client is to a registry; the body of POST /auth, too."""

    username: str = ""
    password: str = ""
    auth: str = ""
    server_address: str = msgspec.field(default="", name="serveraddress")
    identity_token: str = msgspec.field(default="", name="identitytoken")
    registry_token: str = msgspec.field(default="", name="registrytoken")


def login(config: AuthConfig) -> Login:
    """`auth` has name and password in one. Raises Refusal."""
    username, password = config.username, config.password
    if config.auth and not username:
        username, _, password = _text(config.auth).partition(":")
    return Login(username, password, config.identity_token, config.registry_token)


def of_header(text: str, account: str) -> str:
    """What X-Registry-Auth says of who asks the registry with this account, as the text of a config.json; "" for
    nothing. What cannot be read says nothing, as in Docker: many an image needs no login."""
    login = _decode(text, AuthConfig)
    return "" if login is None else config_text({account: login})


def of_config_header(text: str) -> str:
    """The same of X-Registry-Config, which says it of several."""
    return config_text(_decode(text, dict[str, AuthConfig]) or {})


def config_text(logins: Mapping[str, AuthConfig]) -> str:
    """The text of a config.json that says this of some accounts; "" for nothing."""
    auths = {}
    for account, login in logins.items():
        entry = {"auth": login.auth, "identitytoken": login.identity_token, "registrytoken": login.registry_token}
        if login.username:
            entry["auth"] = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        if found := {name: value for name, value in entry.items() if value}:
            auths[account] = found
    return msgspec.json.encode({"auths": auths}).decode() if auths else ""


def _text(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode()
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, f"invalid auth configuration: {error}") from error


def _decode(text: str, kind: type[_T]) -> _T | None:
    """base64url, with or without its padding; None for what is none."""
    try:
        data = base64.urlsafe_b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4))
        return decoder(kind).decode(data)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None


_URL_SAFE = str.maketrans("+/", "-_")
