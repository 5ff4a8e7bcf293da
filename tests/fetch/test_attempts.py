from __future__ import annotations

from collections.abc import Iterator

import pytest

from onggi.errors import Unavailable
from onggi.fetch.attempts import Attempts, GivenUp, Temporary, persist
from onggi.fetch.network import PACE, Network
from onggi.solve.ports import Abandoned, Cancel

QUICK = Network(pause_seconds=0, attempts=3, silence_seconds=1)
MUCH = PACE
BROKE = Temporary("it broke")


def test_attempts_that_bring_enough_are_not_counted() -> None:
    attempts = Attempts("it", QUICK, Cancel())
    for arrived in range(MUCH, 10 * MUCH, MUCH):
        attempts.failed(BROKE, arrived)


def test_attempts_that_bring_next_to_nothing_are() -> None:
    attempts = Attempts("it", QUICK, Cancel())
    attempts.failed(BROKE, 1)
    attempts.failed(BROKE, 2)
    with pytest.raises(Unavailable, match=r"^cannot fetch it: it broke$") as caught:
        attempts.failed(BROKE, 3)
    assert caught.value.hint == "tried 3 times in a row; try again later"


@pytest.mark.parametrize(
    ("most", "hint", "attempts", "said"),
    [
        (1, "look closer", 4, "look closer"),
        (None, "", 1, "tried once; try again later"),
        (2, "", 1, "tried once; try again later"),
    ],
)
def test_what_waiting_does_not_mend(most: int | None, hint: str, attempts: int, said: str) -> None:
    network = Network(pause_seconds=60, attempts=attempts)
    with pytest.raises(GivenUp, match=r"^cannot ask it: no$") as caught:
        Attempts("it", network, Cancel(), verb="ask").failed(Temporary("no", most=most, hint=hint), 0)
    assert caught.value.hint == said


def test_one_that_brings_enough_begins_the_count_again() -> None:
    attempts = Attempts("it", QUICK, Cancel())
    attempts.failed(BROKE, 0)
    attempts.failed(BROKE, 0)
    attempts.failed(BROKE, MUCH)
    attempts.failed(BROKE, MUCH)
    with pytest.raises(Unavailable):
        attempts.failed(BROKE, MUCH)


def test_a_server_that_wants_to_be_left_alone_for_long_is() -> None:
    with pytest.raises(Unavailable, match="cannot send it: too many") as caught:
        Attempts("it", QUICK, Cancel(), verb="send").failed(Temporary("too many", 7200), 0)
    assert caught.value.hint == "it asks to be left alone for 2 hours"


def test_nobody_waits_who_has_been_told_to_stop() -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Abandoned):
        Attempts("it", Network(pause_seconds=60), cancel).failed(BROKE, 0)


def test_persist() -> None:
    outcomes: Iterator[Temporary | str] = iter([BROKE, BROKE, "done"])

    def attempt() -> str:
        found = next(outcomes)
        if isinstance(found, Temporary):
            raise found
        return found

    assert persist(attempt, lambda: 0, "it", QUICK, Cancel()) == "done"
