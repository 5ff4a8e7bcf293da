"""Work beside the loop: nobody who is let go of leaves it in the middle."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from onggi.api.requests import Requests, given_up
from onggi.api.threads import in_pool, in_thread
from onggi.errors import Unavailable


@pytest.mark.parametrize("beside", [in_pool, in_thread])
def test_what_has_begun_is_waited_for_at_the_end(beside: Callable[..., Callable[[], object]]) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def work() -> str:
        has_begun.set()
        assert may_end.wait(60)
        return "done"

    async def handle(requests: Requests) -> object:
        requests.enter("waits")
        return await beside(work)  # type: ignore[misc]

    async def run() -> None:
        requests = Requests()
        task = asyncio.create_task(handle(requests))
        assert await asyncio.to_thread(has_begun.wait, 60)
        end = asyncio.create_task(requests.end(0))
        while not task.cancelling():
            await asyncio.sleep(0)
        assert not end.done()
        may_end.set()
        await end
        assert await task == "done"

    asyncio.run(run())


def test_who_can_give_up_is_told_to() -> None:
    told = threading.Event()

    def work() -> None:
        assert told.wait(60)
        raise given_up()

    async def run() -> None:
        task = asyncio.create_task(in_thread(work, told.set))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(Unavailable, match="this server ends"):
            await task

    asyncio.run(run())
