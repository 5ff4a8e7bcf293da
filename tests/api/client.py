"""Raw HTTP over a Unix socket, for tests of the Engine API."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def message(self) -> str:
        """Of a refusal."""
        return str(self.json()["message"])


class UnixConnection(HTTPConnection):
    """Http.client's, at a socket's path."""

    def __init__(self, path: Path, timeout: float = 60) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Client:
    """One connection, kept alive. `version` stands before each path, "" for none."""

    def __init__(self, path: Path, version: str = "") -> None:
        self.path = path
        self.prefix = f"/v{version}" if version else ""
        self._connection = UnixConnection(path)
        self._others: list[Client] = []

    def speaking(self, version: str) -> Client:
        """Another client, of that version, that is closed with this one."""
        other = Client(self.path, version)
        self._others.append(other)
        return other

    def close(self) -> None:
        for connection in (self, *self._others):
            connection._connection.close()

    def request(self, method: str, path: str, /, body: Any = None, **query: Any) -> Answer:
        """`body` is sent as JSON, bytes as they are; parameters that are dicts or lists are JSON too."""
        said = {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in query.items()}
        address = self.prefix + quote(path) + (f"?{urlencode(said)}" if said else "")
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self._connection.request(method, address, data, {"Content-Type": "application/json"} if data else {})
        answer = self._connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def get(self, path: str, **query: Any) -> Any:
        """The document; a refusal fails the test."""
        return self._document(self.request("GET", path, **query))

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self._document(self.request("POST", path, body, **query))

    def delete(self, path: str, **query: Any) -> Any:
        return self._document(self.request("DELETE", path, **query))

    def _document(self, answer: Answer) -> Any:
        assert answer.status < 300, (answer.status, answer.body)
        return answer.json()

    def create(self, image: str, *command: str, name: str = "", **config: Any) -> str:
        """The ID of a new container."""
        body = {"Image": image, "Cmd": list(command) or None, **config}
        made: str = self.post("/containers/create", body, **({"name": name} if name else {}))["Id"]
        return made
