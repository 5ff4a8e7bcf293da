"""What one thread makes while another one uses it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Over(Exception):
    """Nobody wants more."""


def produced(run: Callable[[Callable[[T], object]], object], count: int, name: str) -> Generator[T, None, None]:
    """What `run` gives to the function that it is called with: in a thread of this name, which is up to `count` of them
    ahead. What `run` raises is raised here. To be closed, which ends the thread."""
    items: queue.Queue[T | _End] = queue.Queue(count)
    is_over = threading.Event()

    def give(item: T | _End) -> None:
        while not is_over.is_set():
            try:
                items.put(item, timeout=0.1)
            except queue.Full:
                continue
            return
        raise _Over

    def work() -> None:
        end = _End(None)
        try:
            run(give)
        except _Over:
            return
        except BaseException as error:  # noqa: BLE001 - carried to the other thread, which raises it
            end = _End(error)
        with contextlib.suppress(_Over):
            give(end)

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        while not isinstance(item := items.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        is_over.set()
        with contextlib.suppress(queue.Empty):
            while True:
                items.get_nowait()
        thread.join()
