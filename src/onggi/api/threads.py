"""Work that waits, beside the loop."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from onggi.errors import Unavailable

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """In one of its own: it may wait for long. Who no longer waits for it leaves it to itself. Raises Unavailable where
    the process can have no more threads."""
    return await begin(work)


def begin(work: Callable[[], T]) -> asyncio.Future[T]:
    """As `in_thread`; it goes on at once."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[..., None], value: object) -> None:
        if not done.cancelled():
            act(value)

    def run() -> None:
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001
            _let_go(error)
            tell(done.set_exception, error)
        else:
            tell(done.set_result, answer)

    def tell(act: Callable[..., None], value: object) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, act, value)

    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError as error:
        raise Unavailable(
            "this server can have no more threads", hint="too much goes on at once; raise its TasksMax, or ulimit -u"
        ) from error
    return done


def _let_go(error: BaseException | None) -> None:
    """An error and who hears of it refer to each other, and stay until somebody looks for garbage: not with a walk that
    was left in the middle, and the files that it has open."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__
