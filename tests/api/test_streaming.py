"""Answers that go on: their head goes out with the first of them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientSession, ClientTimeout, web

from onggi.api import streaming
from onggi.api.connections import Runner
from onggi.api.intake import file_of
from onggi.api.refusals import Refusal
from onggi.api.streaming import Outlet
from onggi.api.threads import in_thread
from onggi.errors import Failed, NotFound, Unavailable
from onggi.solve.ports import Abandoned

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal.response()


def served(handler: Handler, ask: Callable[[ClientSession, str], Awaitable[Any]]) -> Any:
    """What `ask` finds at a server with that handler."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    async def run() -> Any:
        app = web.Application(middlewares=[refuse])
        app.router.add_route("*", "/", answer)
        runner = Runner(app, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0]
            async with ClientSession(timeout=ClientTimeout(60)) as client:
                return await ask(client, f"http://{host}:{port}/")
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def told(work: Callable[[Outlet], object]) -> tuple[int, list[Any]]:
    async def ask(client: ClientSession, url: str) -> tuple[int, list[Any]]:
        async with client.get(url) as answer:
            return answer.status, [json.loads(line) for line in (await answer.read()).splitlines()]

    found: tuple[int, list[Any]] = served(lambda request: streaming.tell(request, work), ask)
    return found


def raising(error: Exception, *documents: dict[str, Any]) -> Callable[[Outlet], None]:
    def work(outlet: Outlet) -> None:
        for document in documents:
            outlet.tell(document)
        raise error

    return work


def test_lines_and_nothing() -> None:
    def work(outlet: Outlet) -> None:
        outlet.tell({"a": 1})
        outlet.tell({"b": "é"})

    assert told(work) == (200, [{"a": 1}, {"b": "é"}])
    assert told(lambda outlet: None) == (200, [])


def test_before_the_first_line_there_is_a_status() -> None:
    assert told(raising(Refusal(418, "no"))) == (418, [{"message": "no"}])


def test_after_the_first_line_it_is_the_last() -> None:
    for error, detail in (
        (NotFound("gone", hint="look"), {"message": "gone (look)"}),
        (Refusal(418, "no"), {"message": "no"}),
        (Failed("bad", exit_code=3), {"message": "bad", "code": 3}),
    ):
        assert told(raising(error, {"a": 1})) == (
            200,
            [{"a": 1}, {"errorDetail": detail, "error": detail["message"]}],
        )


def test_after_a_mistake_of_ours_nothing_more_comes() -> None:
    with pytest.raises(ClientPayloadError):
        told(raising(ZeroDivisionError(), {"a": 1}))


def waits(outlet: Outlet) -> None:
    """Tells one thing, and waits then for its end."""
    is_over = threading.Event()
    outlet.cancel.add(is_over.set)
    outlet.tell({"a": 1})
    assert is_over.wait(60)
    raise Abandoned


def test_who_goes_away_gives_the_work_up() -> None:
    async def ask(client: ClientSession, url: str) -> None:
        answer = await client.get(url)
        await answer.content.readline()
        answer.close()
        async with asyncio.timeout(60):
            await ended.wait()

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await streaming.tell(request, waits)
        finally:
            ended.set()

    ended = asyncio.Event()
    served(handle, ask)


@pytest.mark.parametrize("answer", [streaming.answer, streaming.tell])
def test_who_waits_for_something_to_send_sees_that_nobody_is_there(answer: Any) -> None:
    async def ask(client: ClientSession, url: str) -> None:
        (await client.get(url)).close()
        async with asyncio.timeout(60):
            await ended.wait()

    async def handle(request: web.Request) -> web.StreamResponse:
        def produce(outlet: Outlet) -> None:
            outlet.begin()
            outlet.pause(60)

        try:
            found: web.StreamResponse = await answer(request, produce)
            return found
        finally:
            ended.set()

    ended = asyncio.Event()
    served(handle, ask)


def let_go(answer: Any, produce: Callable[[Outlet], object]) -> tuple[int, bytes]:
    """What comes when the server lets go of an answer that has begun."""

    async def handle(request: web.Request) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        found: web.StreamResponse = await answer(request, produce)
        return found

    async def ask(client: ClientSession, url: str) -> tuple[int, bytes]:
        async with client.get(url) as answer:
            first = await answer.content.readline()
            tasks[0].cancel()
            return answer.status, first + await answer.read()

    tasks: list[asyncio.Task[Any]] = []
    found: tuple[int, bytes] = served(handle, ask)
    return found


def test_work_that_the_server_lets_go_of_says_so() -> None:
    status, said = let_go(streaming.tell, waits)
    first, last = map(json.loads, said.splitlines())
    assert (status, first) == (200, {"a": 1})
    assert "this server ends" in last["error"]


def test_what_else_it_lets_go_of_is_broken_off() -> None:
    with pytest.raises(ClientPayloadError):
        let_go(streaming.answer, waits)


def test_who_does_not_read_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def ask(client: ClientSession, url: str) -> None:
        with socket.create_connection((url.split(":")[1][2:], int(url.split(":")[2][:-1]))) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(60):
                await ended.wait()

    async def handle(request: web.Request) -> web.StreamResponse:
        def work(outlet: Outlet) -> None:
            while not outlet.cancel.is_set:
                outlet.tell({"x": "y" * 100_000})

        try:
            return await streaming.tell(request, work, patience=0.1)
        finally:
            ended.set()

    ended = asyncio.Event()
    served(handle, ask)
    assert "GET '/' was given up: its client has read nothing for 0.1 seconds" in caplog.text


def test_a_body_that_stalls_is_ended() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = file_of(request, patience=0.1)
        return await streaming.tell(request, lambda outlet: outlet.tell({"size": len(body.read())}))

    async def stalled() -> AsyncIterator[bytes]:
        yield b"begun"
        await ended.wait()

    async def ask(client: ClientSession, url: str) -> tuple[int, Any]:
        async with client.post(url, data=stalled()) as answer:
            document = await answer.json()
            ended.set()
            return answer.status, document

    ended = asyncio.Event()
    said = {"message": "no byte of the request's body came for 0.1 seconds"}
    assert served(handle, ask) == (408, said)


def test_no_more_threads_are_no_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def run() -> None:
        monkeypatch.setattr(threading.Thread, "start", start)
        with pytest.raises(Unavailable, match="no more threads"):
            await in_thread(lambda: None)

    asyncio.run(run())


def test_a_file_and_one_that_is_cut_short() -> None:
    def whole(outlet: Outlet) -> None:
        with outlet.file() as file:
            for _ in range(100):
                file.write(b"x" * 100_000)

    def broken(outlet: Outlet) -> None:
        whole(outlet)
        raise NotFound("gone")

    def none(outlet: Outlet) -> None:
        raise Refusal(404, "not here")

    async def read(client: ClientSession, url: str) -> tuple[int, int]:
        async with client.get(url) as answer:
            return answer.status, len(await answer.read())

    assert served(lambda request: streaming.answer(request, whole, "application/x-tar"), read) == (200, 10_000_000)
    assert served(lambda request: streaming.answer(request, none, "application/x-tar"), read)[0] == 404
    with pytest.raises(ClientPayloadError):
        served(lambda request: streaming.answer(request, broken, "application/x-tar"), read)
