from __future__ import annotations

import pytest

from onggi.dockerfile.secrecy import is_secret_name, redact


@pytest.mark.parametrize("name", ["API_TOKEN", "password", "AWS_SECRET_ACCESS_KEY", "npm_auth"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["PATH", "KEYBOARD", "PUBLIC_KEY", "TOKEN_FILE", "MONKEY"])
def test_harmless_names(name: str) -> None:
    assert not is_secret_name(name)


def test_what_looks_like_a_secret_is_replaced_in_a_text() -> None:
    assert redact("git clone https://me:hunter2@example.org/x.git") == "git clone https://***@example.org/x.git"
    assert redact("curl -H ghp_0123456789abcdefghij") == "curl -H ***"
    assert redact("AKIAIOSFODNN7EXAMPLE") == "***"
    assert redact("npm ci && echo https://example.org:8080/a@b") == "npm ci && echo https://example.org:8080/a@b"
