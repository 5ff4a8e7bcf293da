"""Pieces of work that are done at the same time, and end together where one of them fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from onggi.solve.ports import Abandoned, Cancel

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


def together(pieces: Sequence[Callable[[], T]], jobs: int, cancel: Cancel, name: str) -> list[T]:
    """What they return, in their order; at most `jobs` at once, in threads of this name. The first that fails sets
    `cancel`, and so does an interrupt; then what the others raised is dropped, once all have ended."""
    if jobs == 1 or len(pieces) < 2:
        return [piece() for piece in pieces]
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait  # late: it imports logging

    with ThreadPoolExecutor(jobs, thread_name_prefix=name) as pool:
        futures: list[Future[T]] = []
        try:
            futures += [pool.submit(piece) for piece in pieces]
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also where this thread is interrupted, be it while it hands out the pieces
            if not futures or not all(future.done() and not future.exception() for future in futures):
                cancel.set()
                pool.shutdown(cancel_futures=True)
    errors = [error for future in futures if not future.cancelled() and (error := future.exception())]
    for error in sorted(errors, key=lambda error: isinstance(error, Abandoned)):
        raise error
    return [future.result() for future in futures]
