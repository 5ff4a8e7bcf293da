"""Several clients, of two servers on one store, who want the same of the same container at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from tests.api.client import Answer, Client
from tests.api.served import serve

from .conftest import BUSYBOX, Onggi

HOST = {"NetworkMode": "none"}
EACH = 3
ONCE = {"create": 1, "start": 2, "die": 2, "destroy": 1}


class Crowd:
    """Clients, half of them at one server and half at another."""

    def __init__(self, *paths: Path) -> None:
        self.clients = [Client(path) for path in paths for _ in range(EACH)]
        self._barrier = Barrier(len(self.clients))
        self._pool = ThreadPoolExecutor(len(self.clients))

    def ask(self, method: str, path: str, body: object = None, **query: object) -> list[Answer]:
        """What each of them gets."""

        def one(client: Client) -> Answer:
            self._barrier.wait(60)
            return client.request(method, path, body, **query)

        return list(self._pool.map(one, self.clients))

    def close(self) -> None:
        self._pool.shutdown()
        for client in self.clients:
            client.close()


@pytest.fixture
def crowd(onggi: Onggi, api: Client) -> Iterator[Crowd]:
    second = onggi.root / "second.sock"
    with serve(onggi.argv(), second, onggi.env):
        crowd = Crowd(api.path, second)
        yield crowd
        crowd.close()


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(each.status for each in answers)


def test_one_of_many_wins(onggi: Onggi, api: Client, crowd: Crowd) -> None:
    others = 2 * EACH - 1
    for number in range(3):
        body = {"Image": BUSYBOX, "Cmd": ["sleep", "1000.66"], "HostConfig": HOST, "StopSignal": "KILL"}
        made = crowd.ask("POST", "/containers/create", body, name=f"web{number}")
        assert statuses(made) == {201: 1, 409: others}
        (name,) = [each.json()["Id"] for each in made if each.status == 201]
        assert all("is already in use by container" in each.message for each in made if each.status == 409)
        for verb in ("start", "stop", "start"):  # who comes second may not be told that it was done, as with Docker
            answers = crowd.ask("POST", f"/containers/{name}/{verb}")
            found = statuses(answers)
            assert found[204] >= 1
            assert found[204] + found[304] == 1 + others, (verb, [each.body for each in answers])
        gone = crowd.ask("DELETE", f"/containers/{name}", force=1)
        assert statuses(gone)[204] >= 1
        for each in gone:
            assert each.status in (204, 404, 409), each.body
            if each.status != 204:
                assert "o such container" in each.message or "already in progress" in each.message
        told = onggi("events", "--since", "0", "--until", "0s", "-f", f"container={name}", "--format", "{{.Action}}")
        assert {each: told.split().count(each) for each in ONCE} == ONCE
    assert os.listdir(onggi.root / "containers") == []


def test_a_program_that_ends_while_it_is_stopped_and_removed(onggi: Onggi, api: Client, crowd: Crowd) -> None:
    """Whatever comes first: nobody hears of a mistake of ours, and nothing is left over."""
    for _ in range(3):
        name = api.create(BUSYBOX, "true", HostConfig={**HOST, "AutoRemove": True})
        for method, path in (("POST", "/start"), ("POST", "/stop"), ("POST", "/kill"), ("DELETE", "")):
            for each in crowd.ask(method, f"/containers/{name}{path}"):
                assert each.status in (204, 304, 404, 409), each.body
    assert api.get("/containers/json", all=1) == []
    assert os.listdir(onggi.root / "containers") == []
