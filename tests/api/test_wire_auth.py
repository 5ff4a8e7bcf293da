"""Logins that come with a request."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from onggi.api.wire import auth


def header(document: Any, *, is_padded: bool = True) -> str:
    text = base64.urlsafe_b64encode(json.dumps(document).encode()).decode()
    return text if is_padded else text.rstrip("=")


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("is_padded", [True, False])
def test_a_password(is_padded: bool) -> None:
    text = header({"username": "u", "password": "ü?>", "serveraddress": "elsewhere"}, is_padded=is_padded)
    assert json.loads(auth.of_header(text, "here:5000")) == {"auths": {"here:5000": {"auth": basic("u", "ü?>")}}}


def test_tokens() -> None:
    found = json.loads(auth.of_header(header({"identitytoken": "i", "registrytoken": "r"}), "a"))
    assert found == {"auths": {"a": {"identitytoken": "i", "registrytoken": "r"}}}


@pytest.mark.parametrize(
    "text", ["", "bnVsbA==", "e30=", "!", "ü", "\udcff", header([1]), header({"username": 1}), "e30"]
)
def test_what_says_nothing(text: str) -> None:
    assert auth.of_header(text, "a") == ""
    assert auth.of_config_header(text) == ""


def test_several() -> None:
    text = header({"a": {"username": "u", "password": "p"}, "b:1": {"auth": basic("v", "q")}, "c": {}})
    assert json.loads(auth.of_config_header(text)) == {
        "auths": {"a": {"auth": basic("u", "p")}, "b:1": {"auth": basic("v", "q")}}
    }
