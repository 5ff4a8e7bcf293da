"""Work that waits, beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """In one of its own, however many there are: it may wait for long."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[..., None], value: object) -> None:
        if not done.cancelled():
            act(value)

    def run() -> None:
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001
            tell(done.set_exception, error)
        else:
            tell(done.set_result, answer)

    def tell(act: Callable[..., None], value: object) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, act, value)

    threading.Thread(target=run, daemon=True).start()
    return await done
