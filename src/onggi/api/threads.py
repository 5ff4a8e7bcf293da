"""Work beside the loop. What has begun is never left in the middle: who asked for it waits for its end."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from onggi.errors import Unavailable

T = TypeVar("T")


async def in_pool(work: Callable[[], T]) -> T:
    """In one of the loop's threads, which are few: it is soon done."""
    return await _end_of(asyncio.get_running_loop().run_in_executor(None, work), lambda: None)


async def in_thread(work: Callable[[], T], give_up: Callable[[], object] = lambda: None) -> T:
    """In one of its own: it may wait for long. `give_up` is called when this task is cancelled, perhaps twice, and what
    `work` makes of that is its answer. Raises Unavailable where the process can have no more threads."""
    return await _end_of(begin(work), give_up)


async def _end_of(work: asyncio.Future[T], give_up: Callable[[], object]) -> T:
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            give_up()
    return work.result()


def begin(work: Callable[[], T]) -> asyncio.Future[T]:
    """In a thread of its own, at once; who waits for it may leave. Raises Unavailable as `in_thread`."""
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
