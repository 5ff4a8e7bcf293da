from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from onggi.errors import NotFound
from onggi.solve.ports import Abandoned, Cancel
from onggi.solve.together import together

MANY = 3


def waiting_for(cancel: Cancel) -> Callable[[], int]:
    """A piece that ends only when it is cancelled."""

    def wait() -> int:
        woken = threading.Event()
        cancel.add(woken.set)
        woken.wait()
        raise Abandoned

    return wait


def failing() -> int:
    raise NotFound("it is gone")


def test_results_are_in_order() -> None:
    first = threading.Event()

    def one() -> int:
        first.wait()
        return 1

    def two() -> int:
        first.set()
        return 2

    assert together([one, two], MANY, Cancel(), "piece") == [1, 2]
    assert together([lambda: 1, lambda: 2], 1, Cancel(), "piece") == [1, 2]
    assert together([], MANY, Cancel(), "piece") == []


def test_a_failure_ends_the_others_and_is_what_is_raised() -> None:
    cancel = Cancel()
    with pytest.raises(NotFound, match="it is gone"):
        together([waiting_for(cancel), failing, waiting_for(cancel)], MANY, cancel, "piece")
    assert cancel.is_set


def test_what_has_not_begun_does_not() -> None:
    begun: list[int] = []
    with pytest.raises(NotFound):
        together([failing, failing, *[lambda: begun.append(1)] * 20], 2, Cancel(), "piece")
    assert len(begun) < 20


def test_never_more_at_once_than_there_may_be() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def piece() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.001)
        with lock:
            now -= 1

    together([piece] * 30, 4, Cancel(), "piece")
    assert most <= 4


class Interrupted(list[Callable[[], int]]):
    """Pieces of which only the first is handed out before ctrl-C."""

    def __iter__(self) -> Iterator[Callable[[], int]]:
        yield self[0]
        raise KeyboardInterrupt


def test_an_interrupt_while_pieces_are_handed_out_ends_those_that_have_begun() -> None:
    cancel = Cancel()
    with pytest.raises(KeyboardInterrupt):
        together(Interrupted([waiting_for(cancel), lambda: 1]), 2, cancel, "piece")
    assert cancel.is_set
