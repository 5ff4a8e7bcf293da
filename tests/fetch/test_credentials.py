from __future__ import annotations

import pytest

from onggi.fetch.credentials import git_authorization, http_authorization
from onggi.fetch.git_address import parse


@pytest.mark.parametrize(
    ("secrets", "header"),
    [
        ({}, ""),
        ({"HTTP_AUTH_TOKEN_h.test": "t"}, "Bearer t"),
        ({"HTTP_AUTH_HEADER_h.test": "Custom x"}, "Custom x"),
        ({"HTTP_AUTH_HEADER_h.test": "Custom x", "HTTP_AUTH_TOKEN_h.test": "t"}, "Bearer t"),
        ({"HTTP_AUTH_TOKEN_other.test": "t", "GIT_AUTH_TOKEN": "t"}, ""),
    ],
)
def test_http(secrets: dict[str, str], header: str) -> None:
    assert http_authorization("https://me@h.test:8443/x", secrets.get) == header


@pytest.mark.parametrize(
    ("secrets", "header"),
    [
        ({}, ""),
        ({"GIT_AUTH_TOKEN": "t"}, "Basic eC1hY2Nlc3MtdG9rZW46dA=="),
        ({"GIT_AUTH_HEADER": "Custom x", "GIT_AUTH_TOKEN": "t"}, "Custom x"),
        ({"GIT_AUTH_HEADER": "Custom x", "GIT_AUTH_TOKEN.h.test": "t"}, "Basic eC1hY2Nlc3MtdG9rZW46dA=="),
        ({"GIT_AUTH_TOKEN.other.test": "t"}, ""),
    ],
)
def test_git(secrets: dict[str, str], header: str) -> None:
    assert git_authorization(parse("https://me:pw@h.test/x.git"), secrets.get) == header
