"""Secrets that are told by their form."""

from __future__ import annotations

import pytest

from onggi.lint.knowledge.tokens import tokens

MIXED = "a1B2" * 12


def kinds(text: str) -> list[str]:
    return [token.kind.en for token in tokens(text)]


@pytest.mark.parametrize(
    "text, kind",
    [
        (f"AKIA{'Q3EG' * 4}", "an AWS access key"),
        (f"ghp_{MIXED[:36]}", "a GitHub token"),
        (f"glpat-{MIXED[:20]}", "a GitLab token"),
        (f"npm_{MIXED[:36]}", "an npm token"),
        (f"xoxb-{'123' * 4}-{MIXED[:24]}", "a Slack token"),
        (f"AIza{MIXED[:35]}", "a Google API key"),
        (f"sk-ant-{MIXED}", "an API key"),
        (f"eyJ{MIXED}.eyJ{MIXED}.{MIXED}", "a JSON Web Token"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("postgres://app:s3kr1t-pw@db/app", "a password in a URL"),
        ("https://:s3kr1t-pw@host", "a password in a URL"),
    ],
)
def test_a_secret_is_told_by_its_form(text: str, kind: str) -> None:
    assert kinds(f"before '{text}' behind") == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "npm_config_registry=https://registry.internal",
        "sk-learn-contrib-something-of-a-name",
        "postgres://postgres:postgres@db/app",
        "postgres://app:password@db/app",
        "postgres://app:changeme-please@db/app",
        "postgres://app:$PASSWORD@db/app",
        "postgres://app:${PASSWORD}@db/app",
        "https://host:8080/path@2x.png",
        "git@github.com:team/app.git",
        "http://a:b",
    ],
)
def test_what_is_none(text: str) -> None:
    assert kinds(text) == []


def test_the_place_is_that_of_the_password_alone() -> None:
    text = "git clone https://ci:h7Gk2pQz@host/app"
    (token,) = tokens(text)
    assert text[token.start : token.end] == "h7Gk2pQz"
