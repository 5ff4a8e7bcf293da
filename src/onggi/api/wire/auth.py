"""Logins that come with a request: the headers X-Registry-Auth and X-Registry-Config (moby, api/types/registry)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from onggi.api.refusals import Refusal

_T = TypeVar("_T")


class AuthConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the client is to a registry; the body of POST /auth, too."""

    username: str = ""
    password: str = ""
    auth: str = ""
    server_address: str = msgspec.field(default="", name="serveraddress")
    identity_token: str = msgspec.field(default="", name="identitytoken")
    registry_token: str = msgspec.field(default="", name="registrytoken")


def of_header(text: str, account: str) -> str:
    """What X-Registry-Auth says, as the text of a config.json; "" for nothing. `account` is the registry's where it
    does not say one. Raises Refusal."""
    login = _decode(text, AuthConfig) if text else None
    return "" if login is None else _config({login.server_address or account: login})


def of_config_header(text: str) -> str:
    """The same of X-Registry-Config, which has several."""
    return _config(_decode(text, dict[str, AuthConfig])) if text else ""


def _config(logins: Mapping[str, AuthConfig]) -> str:
    auths = {}
    for account, login in logins.items():
        entry = {"identitytoken": login.identity_token, "registrytoken": login.registry_token}
        if login.username:
            entry["auth"] = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        if found := {name: value for name, value in entry.items() if value}:
            auths[account] = found
    return msgspec.json.encode({"auths": auths}).decode() if auths else ""


def _decode(text: str, kind: type[_T]) -> _T:
    """base64url, with or without its padding."""
    try:
        data = base64.urlsafe_b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4))
        return msgspec.json.decode(data or b"{}", type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Refusal(400, f"invalid X-Registry-Auth header: {error}") from error


_URL_SAFE = str.maketrans("+/", "-_")
