"""What all routes go through: how many threads a request takes, and what becomes of mistakes."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import pytest
from aiohttp import ClientSession, ClientTimeout, web

from onggi.api import application
from onggi.api.call import Call
from onggi.api.connections import Runner
from onggi.api.context import Context
from onggi.api.route import Route
from onggi.engine.engine import Engine

JSON = {"Content-Type": "application/json"}


class Query(msgspec.Struct, frozen=True):
    size: bool = False


class Body(msgspec.Struct, frozen=True):
    text: str = ""


def answer(call: Call[Any, Any]) -> str:
    """An answer."""
    return "done"


def lose(call: Call[Any, Any]) -> None:
    """A connection of the engine's own is lost."""
    raise ConnectionResetError("a registry's")


def stall(call: Call[Any, Any]) -> None:
    """Something of the engine's own takes too long."""
    raise TimeoutError("a registry's")


ROUTES = (
    Route(method="GET", path="/short", handler=answer, query=Query, waits_with="size"),
    Route(method="POST", path="/short", handler=answer, body=Body),
    Route(method="GET", path="/waits", handler=answer, kind="waits"),
    Route(method="GET", path="/lose", handler=lose),
    Route(method="GET", path="/stall", handler=stall),
)


@pytest.fixture(autouse=True)
def served_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "ROUTES", ROUTES)


def asked(method: str, path: str, data: bytes | None = None, streams: int = 1) -> tuple[int, Any]:
    """Status and document, of a server where so many requests may go on that are not short."""

    async def run() -> tuple[int, Any]:
        context = Context(cast(Engine, None), streams=streams)
        runner = Runner(application.application(context))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0]
            headers: Mapping[str, str] = {} if data is None else JSON
            async with (
                ClientSession(timeout=ClientTimeout(60)) as client,
                client.request(method, f"http://{host}:{port}{path}", data=data, headers=headers) as found,
            ):
                return found.status, json.loads(await found.read())
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def document(size: int) -> bytes:
    return msgspec.json.encode(Body("x" * size))


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [("GET", "/short", None), ("GET", "/short?size=0", None), ("POST", "/short", document(60_000))],
)
def test_what_is_short_is_always_served(method: str, path: str, data: bytes | None) -> None:
    assert asked(method, path, data, streams=0) == (200, "done")


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [("GET", "/waits", None), ("GET", "/short?size=1", None), ("POST", "/short", document(70_000))],
)
def test_what_is_not_takes_one_of_the_threads_that_there_are(method: str, path: str, data: bytes | None) -> None:
    assert asked(method, path, data) == (200, "done")
    status, said = asked(method, path, data, streams=0)
    assert (status, "0 requests go on already" in said["message"]) == (503, True)


@pytest.mark.parametrize("path", ["/lose", "/stall"])
def test_a_mistake_is_in_the_log_whatever_it_looks_like(path: str, caplog: pytest.LogCaptureFixture) -> None:
    status, said = asked("GET", path)
    assert (status, "mistake of onggi's" in said["message"]) == (500, True)
    assert f"a mistake of this program, in GET '{path}'" in caplog.text
    assert "a registry's" in caplog.text


def test_only_what_is_long_runs_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    wrong = [
        f"{route.method} {route.path}"
        for route in application.ROUTES
        if inspect.iscoroutinefunction(route.handler) != (route.kind in ("long", "following"))
    ]
    assert not wrong


def test_a_parameter_by_which_one_waits_is_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for route in application.ROUTES:
        names = {field.encode_name for field in msgspec.structs.fields(route.query)}
        assert route.waits_with in {"", *names}, route.path
    assert any(route.waits_with for route in application.ROUTES)
