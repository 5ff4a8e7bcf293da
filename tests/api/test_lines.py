"""Answers whose head goes out with the first of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO

import pytest
from aiohttp import ClientPayloadError, ClientSession, web
from aiohttp.test_utils import TestServer

from onggi.api import lines
from onggi.api.lines import Tell
from onggi.api.refusals import Refusal
from onggi.errors import Failed, NotFound
from onggi.solve.ports import Abandoned, Cancel

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
        app.router.add_get("/", answer)
        async with TestServer(app) as server, ClientSession() as client:
            return await ask(client, str(server.make_url("/")))

    return asyncio.run(run())


def told(work: Callable[[Tell, Cancel], object]) -> tuple[int, list[Any]]:
    async def ask(client: ClientSession, url: str) -> tuple[int, list[Any]]:
        async with client.get(url) as answer:
            return answer.status, [json.loads(line) for line in (await answer.read()).splitlines()]

    found: tuple[int, list[Any]] = served(lambda request: lines.tell(request, work), ask)
    return found


def raising(error: Exception, *documents: dict[str, Any]) -> Callable[[Tell, Cancel], None]:
    def work(tell: Tell, cancel: Cancel) -> None:
        for document in documents:
            tell(document)
        raise error

    return work


def test_lines_and_nothing() -> None:
    assert told(lambda tell, cancel: [tell({"a": 1}), tell({"b": "é"})]) == (200, [{"a": 1}, {"b": "é"}])
    assert told(lambda tell, cancel: None) == (200, [])


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


def test_who_goes_away_gives_the_work_up() -> None:
    cancelled = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        loop = asyncio.get_running_loop()

        def give_up() -> None:
            loop.call_soon_threadsafe(cancelled.set)

        def work(tell: Tell, cancel: Cancel) -> None:
            tell({"a": 1})
            cancel.add(give_up)
            while not cancel.is_set:
                tell({"x": "y" * 1000})
            raise Abandoned

        return await lines.tell(request, work)

    async def ask(client: ClientSession, url: str) -> bool:
        answer = await client.get(url)
        await answer.content.readline()
        answer.close()
        return await asyncio.wait_for(cancelled.wait(), 30)

    assert served(handle, ask)


def test_a_file_and_one_that_is_cut_short() -> None:
    def whole(file: BinaryIO) -> None:
        for _ in range(100):
            file.write(b"x" * 100_000)

    def broken(file: BinaryIO) -> None:
        whole(file)
        raise NotFound("gone")

    def none(file: BinaryIO) -> None:
        raise Refusal(404, "not here")

    async def read(client: ClientSession, url: str) -> tuple[int, int]:
        async with client.get(url) as answer:
            return answer.status, len(await answer.read())

    assert served(lambda request: lines.deliver(request, "application/x-tar", whole), read) == (200, 10_000_000)
    assert served(lambda request: lines.deliver(request, "application/x-tar", none), read)[0] == 404
    with pytest.raises(ClientPayloadError):
        served(lambda request: lines.deliver(request, "application/x-tar", broken), read)
