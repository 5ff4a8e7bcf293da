"""Conversations against canned answers: what they ask, and what comes of it.

canned = Canned(answer(404))
assert canned.run(blobs.look(PLACE, DIGEST)) is False
assert canned.lines == ["HEAD /v2/team/app/blobs/sha256:…"]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from onggi.errors import OnggiError
from onggi.registry.flow import Answer, Body, Flow, Request, T, WantLogin
from onggi.registry.logins.login import Login
from onggi.registry.place import Place

PLACE = Place(host="reg.example", repository="team/app", account="reg.example")
BASE = f"/v2/{PLACE.repository}"


def answer(status: int = 200, body: bytes | object = b"", url: str = "", **headers: str) -> Answer:
    """Names of headers with `_` for `-`; a body that is no bytes goes out as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, url=url, headers=named, body=data, chunks=iter([data]))


def error(status: int, code: str, message: str = "", **headers: str) -> Answer:
    """A refusal as the distribution spec has it."""
    return answer(status, {"errors": [{"code": code, "message": message}]}, **headers)


class Canned:
    """Runs conversations: each request gets the next answer, or has the next error thrown in. All of them must be asked
    for. `wanted`: the accounts of which a login was wanted; `closed`: which of the answers were let go, by number."""

    def __init__(self, *answers: Answer | OnggiError, logins: Mapping[str, Login] | None = None) -> None:
        self._answers = list(answers)
        self._logins = dict(logins or {})
        self.asked: list[Request] = []
        self.wanted: list[str] = []
        self.closed: list[int] = []

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {each.target}" for each in self.asked]

    def header(self, name: str) -> list[str]:
        """What each request had in a header, "" for nothing."""
        return [each.headers.get(name, "") for each in self.asked]

    def sent(self, at: int = -1) -> bytes:
        """The body of a request."""
        body = self.asked[at].body
        return b"".join(body.chunks()) if isinstance(body, Body) else body

    def run(self, flow: Flow[T]) -> T:
        try:
            command = next(flow)
            while True:
                found = self._answer(command)
                command = flow.throw(found) if isinstance(found, OnggiError) else flow.send(found)
        except StopIteration as end:
            done: T = end.value
        finally:
            flow.close()
        assert not self._answers, f"not asked for: {self._answers}"
        return done

    def _answer(self, command: Request | WantLogin) -> Any:
        if isinstance(command, WantLogin):
            self.wanted.append(command.account)
            return self._logins.get(command.account)
        number = len(self.asked)
        self.asked.append(command)
        assert self._answers, f"asked for more: {self.lines}"
        found = self._answers.pop(0)
        if isinstance(found, OnggiError):
            return found
        came_from = command.target if "//" in command.target else f"https://{command.place.host}{command.target}"
        return replace(found, url=found.url or came_from, close=lambda: self.closed.append(number))
