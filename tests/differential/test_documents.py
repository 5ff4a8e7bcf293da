"""The documents of both engines, field by field, and what both say to requests that cannot be done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest
from tests.api.client import Client

from . import bad_requests, documents, events, scene
from .bad_requests import Request
from .comparing import MISSING, Difference, differences
from .conftest import Peer, normal
from .documents import Reasons


class Pair(NamedTuple):
    """What Docker's engine has answered, and what ours has."""

    theirs: Any
    ours: Any


@dataclass(frozen=True)
class Both:
    """A client of each engine."""

    theirs: Client
    ours: Client
    is_old: bool

    def speaking(self, version: str) -> tuple[Client, Client]:
        return self.theirs.speaking(version), self.ours.speaking(version)

    @property
    def versions(self) -> tuple[str, ...]:
        """Of those that are compared, the ones that Docker's speaks."""
        newest = _number(self.theirs.get("/version")["ApiVersion"])
        return tuple(version for version in documents.VERSIONS if _number(version) <= newest)


@dataclass(frozen=True)
class Answers:
    """`documents`: by name, and then by version of the API."""

    documents: Mapping[str, Mapping[str, Pair]]
    refusals: Mapping[str, Pair]


@pytest.fixture(scope="module")
def both(engine: Peer, lasting_api: Client) -> Iterator[Both]:
    theirs = Client(engine.socket)
    yield Both(theirs, lasting_api, engine.is_old)
    theirs.close()


@pytest.fixture(scope="module")
def answers(both: Both) -> Answers:
    """All is asked while the scene stands, which is gone when the first test begins."""
    for client in both.speaking(scene.VERSION):
        scene.build(client)
    found: dict[str, dict[str, Pair]] = {name: {} for name in documents.DOCUMENTS}
    for version in both.versions:
        clients = both.speaking(version)
        for name, (path, query) in documents.DOCUMENTS.items():
            found[name][version] = Pair(*(client.get(path, **query) for client in clients))
    clients = both.speaking(both.versions[-1])
    refusals = {
        str(request): Pair(*(_refusal(client, request) for client in clients)) for request in bad_requests.REQUESTS
    }
    for client in both.speaking(scene.VERSION):
        scene.remove(client)
    return Answers(found, refusals)


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_a_document(answers: Answers, both: Both, name: str) -> None:
    found = [(version, each) for version, pair in answers.documents[name].items() for each in differences(*pair)]
    assert [f"{version}: {each}" for version, each in found if not _is_explained(name, each, is_old=both.is_old)] == []


@pytest.mark.parametrize("asked", bad_requests.REQUESTS, ids=str)
def test_what_cannot_be_done(answers: Answers, both: Both, asked: Request) -> None:
    """Ours may say more than Docker, behind what Docker says."""
    (their_status, their_words), (our_status, our_words) = answers.refusals[str(asked)]
    said = f"{their_status} {their_words!r} with Docker, {our_status} {our_words!r} with us"
    if asked.status or (both.is_old and asked.older):
        assert our_status != their_status, f"the same by now: {said}"
        return
    assert our_status == their_status, said
    if not both.is_old:
        assert our_words.startswith(their_words) != bool(asked.words), said


def test_events_of_a_life(both: Both) -> None:
    told = []
    for client in both.speaking(scene.VERSION):
        begun = time.time()
        events.live(client)
        told.append(events.told(client, begun, time.time()))
    theirs, ours = told
    for kind, events_of_ours in ours.items():
        events_of_theirs = events.once(theirs[kind]) if both.is_old else theirs[kind]
        assert [event["Action"] for event in events_of_ours] == [event["Action"] for event in events_of_theirs]
        found = differences(events_of_theirs, events_of_ours)
        assert [str(each) for each in found if not _has(events.MAY_DIFFER, kind, each)] == []


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _refusal(client: Client, request: Request) -> tuple[int, str]:
    """Status and message, as they can be compared. A connection of its own: an engine may end it."""
    asking = Client(client.path) if request.names_its_version else client.speaking(client.prefix.removeprefix("/v"))
    answer = asking.request(request.method, request.path, request.body, **request.query)
    asking.close()
    is_document = answer.status >= 400 and answer.headers.get("content-type") == "application/json"
    words = answer.message if is_document else answer.body.decode()
    return answer.status, bad_requests.comparable(normal(words))


def _is_explained(name: str, found: Difference, *, is_old: bool) -> bool:
    return any(
        (
            found.is_of_value and _has(documents.VALUES, name, found),
            found.is_of_nothing and _has(documents.NOTHING, name, found),
            found.ours is MISSING and _has(documents.THEIRS, name, found),
            found.is_ours_alone and _has(documents.OURS, name, found),
            _has(documents.ANYTHING, name, found),
            is_old and _has(documents.OLDER, name, found),
        )
    )


def _has(reasons: Reasons, name: str, found: Difference) -> bool:
    return any(fnmatchcase(f"{name}: {found.path}", row) for row in reasons)
