"""Secrets of a client: `moby.buildkit.secrets.v1.Secrets/GetSecret` (moby/buildkit, session/secrets)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from onggi.api.buildkit.grpc.status import NOT_FOUND, UNIMPLEMENTED, CallError
from onggi.api.buildkit.session.calls import ask
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import GetSecretRequest, GetSecretResponse
from onggi.engine.secrets import Secret
from onggi.errors import Unavailable

METHOD = "/moby.buildkit.secrets.v1.Secrets/GetSecret"


class Secrets(Mapping[str, Secret]):
    """By ID. A client does not tell which ones it has: each is asked for when it is looked up, and once. Going through
    them gives those that came.

    Looking one up raises Unavailable where the client cannot give it, Invalid for one that is too large.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._asked: dict[str, Secret | None] = {}

    def __getitem__(self, name: str) -> Secret:
        with self._lock:
            if name not in self._asked:
                self._asked[name] = self._ask(name)
            found = self._asked[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter([name for name, found in self._asked.items() if found is not None])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _ask(self, name: str) -> Secret | None:
        try:
            answer = ask(self._session, METHOD, GetSecretRequest(id=name), GetSecretResponse)
        except CallError as error:
            if error.code in (NOT_FOUND, UNIMPLEMENTED):
                return None
            raise Unavailable(f"the client does not give the secret {name}: {error.message}") from error
        return Secret(answer.data)
