"""Which of the caller's secrets answer for a server. BuildKit's names: source/http, source/git, docs of `ADD`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import urlsplit

from onggi.fetch.git_address import GitAddress

Secret = Callable[[str], str | None]
"""The secret of that name, None if the caller gave none."""


def http_authorization(url: str, secret: Secret) -> str:
    """The Authorization header for a file at `url`; "" for none. A token goes before a whole header."""
    host = urlsplit(url).hostname
    if token := secret(f"HTTP_AUTH_TOKEN_{host}"):
        return f"Bearer {token}"
    return secret(f"HTTP_AUTH_HEADER_{host}") or ""


def git_authorization(address: GitAddress, secret: Secret) -> str:
    """The Authorization header for a repository over HTTP; "" for none. A secret named for the host goes first."""
    host = urlsplit(address.url).netloc.rpartition("@")[2]
    for suffix in (f".{host}", ""):
        if header := secret(f"GIT_AUTH_HEADER{suffix}"):
            return header
        if token := secret(f"GIT_AUTH_TOKEN{suffix}"):
            return "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return ""
