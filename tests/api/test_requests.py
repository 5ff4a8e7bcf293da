"""How many requests may go on, and how they end with the server."""

from __future__ import annotations

import asyncio

import pytest

from onggi.api.requests import Kind, Requests, most
from onggi.errors import Invalid, Unavailable


@pytest.mark.parametrize(
    ("asked", "files", "found"), [(None, 1_000_000, 1000), (None, 1024, 52), (None, 100, 1), (5000, 1_000_000, 5000)]
)
def test_as_many_as_there_is_room_for(asked: int | None, files: int, found: int) -> None:
    assert most(asked, files) == found


def test_more_than_there_is_room_for_are_refused() -> None:
    with pytest.raises(Invalid, match="1024 files may be open here"):
        most(1000, 1024)


class Handled:
    """A request that ends when it is let go of, or told to."""

    def __init__(self, requests: Requests, kind: Kind) -> None:
        self.told = asyncio.Event()
        self.task = asyncio.create_task(self._handle(requests, kind))
        self.last = ""

    async def _handle(self, requests: Requests, kind: Kind) -> None:
        requests.enter(kind)
        try:
            await self.told.wait()
            self.last = "done"
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            self.last = "let go of"


def test_there_is_room_again_when_one_has_ended() -> None:
    async def run() -> None:
        requests = Requests(2)
        first, second = Handled(requests, "long"), Handled(requests, "following")
        short, third = Handled(requests, "short"), Handled(requests, "long")
        with pytest.raises(Unavailable, match="2 requests go on already"):
            await third.task
        assert not short.task.done()
        first.told.set()
        await first.task
        fourth = Handled(requests, "following")
        await asyncio.sleep(0)
        assert not fourth.task.done()
        for each in (second, short, fourth):
            each.told.set()
            await each.task

    asyncio.run(run())


def test_who_follows_goes_at_once_and_others_may_end() -> None:
    async def run() -> None:
        requests = Requests()
        follower, soon, later = (Handled(requests, kind) for kind in ("following", "short", "waits"))
        await asyncio.sleep(0)
        end = asyncio.create_task(requests.end(grace=1000))
        await follower.task
        assert (follower.last, soon.task.done(), later.task.done()) == ("let go of", False, False)
        with pytest.raises(Unavailable, match="about to end"):
            await Handled(requests, "short").task
        requests.require_time()
        for each in (soon, later):
            each.told.set()
        await end
        assert (soon.last, later.last) == ("done", "done")

    asyncio.run(run())


def test_who_does_not_end_in_time_is_let_go_of() -> None:
    async def run() -> None:
        requests = Requests()
        several = [Handled(requests, kind) for kind in ("short", "waits", "long")]
        await asyncio.sleep(0)
        await requests.end(grace=0)
        assert [each.last for each in several] == ["let go of"] * 3
        with pytest.raises(Unavailable, match="given up, because this server ends"):
            requests.require_time()

    asyncio.run(run())


def test_without_any_it_ends_at_once() -> None:
    asyncio.run(Requests().end(grace=1000))
