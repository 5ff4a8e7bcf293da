"""A login, and whoever knows some."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from onggi.errors import Unavailable


class Login(msgspec.Struct, frozen=True):
    """Who one is to a registry.

    identity_token: what stands for the password at the registry's token server (OAuth's refresh token).
    registry_token: what is sent to the registry as it is, as a bearer token.
    """

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617), "" where there is no password."""
        if not self.username or not self.password:
            return ""
        pair = f"{self.username}:{self.password}".encode("utf-8", "surrogateescape")
        return "Basic " + base64.b64encode(pair).decode()

    def __repr__(self) -> str:
        """What may be seen in a log: which secrets there are, and none of them."""
        secrets = [name for name in ("password", "identity_token", "registry_token") if getattr(self, name)]
        return f"Login({', '.join((repr(self.username), *(f'{name}=…' for name in secrets)))})"


class Logins(Protocol):
    def get(self, account: str) -> Login | None:
        """The login that is kept under `account`: a registry's host, or Docker Hub's `https://index.docker.io/v1/`."""
        ...


class MemoryLogins:
    """Logins that are given, by account."""

    def __init__(self, known: Mapping[str, Login] | None = None) -> None:
        self._known = dict(known or {})

    def get(self, account: str) -> Login | None:
        return self._known.get(account)


NO_LOGINS: Logins = MemoryLogins()


class HelperFailed(Unavailable):
    """A credential helper that is missing, or gave no answer that makes sense."""


class FirstLogins:
    """Of several sources, the first that knows an account. Each is asked once for an account: helpers may be slow.

    A credential helper that does not work keeps nobody from what is public, as in Docker; but `note` is told of it.
    """

    def __init__(self, *sources: Logins, note: Callable[[str], object]) -> None:
        self._sources = sources
        self._note = note
        self._found: dict[str, Login | None] = {}
        self._lock = threading.Lock()

    def get(self, account: str) -> Login | None:
        with self._lock:
            if account not in self._found:
                self._found[account] = self._ask(account)
            return self._found[account]

    def _ask(self, account: str) -> Login | None:
        for source in self._sources:
            try:
                login = source.get(account)
            except HelperFailed as error:
                self._note(f"{error}; going on as if not logged in" + (f" ({error.hint})" if error.hint else ""))
                continue
            if login is not None:
                return login
        return None
