from __future__ import annotations

from onggi.engine.registry.progress import Moved, State
from onggi.engine.registry.push import Sent
from onggi.oci import digest as digests

ONE, OTHER = digests.of(b"one"), digests.of(b"other")


def moved(digest: str, state: State, done: int = 0, total: int = 0, *, is_estimate: bool = False) -> Moved:
    return Moved(digest=digest, state=state, done=done, total=total, is_estimate=is_estimate)


def test_a_total_is_told_when_that_of_each_layer_is_known() -> None:
    told: list[tuple[int, int]] = []
    sent = Sent(lambda *how_far: told.append(how_far))
    for event in (
        moved(ONE, "waiting"),
        moved(OTHER, "waiting", total=20),
        moved(OTHER, "moving", 5, 20),
        moved(ONE, "moving", 3, 9, is_estimate=True),
        moved(ONE, "done", 8, 8),
        moved(OTHER, "moving", 1, 20),
        moved(OTHER, "done", 20, 20),
    ):
        sent(event)
    assert told == [(5, 0), (8, 0), (13, 28), (9, 28), (28, 28)]
    assert sent.size == 28


def test_what_the_registry_had_was_not_sent() -> None:
    told: list[tuple[int, int]] = []
    sent = Sent(lambda *how_far: told.append(how_far))
    for event in (moved(ONE, "exists"), moved(OTHER, "waiting"), moved(OTHER, "mounted")):
        sent(event)
    assert (sent.size, told) == (0, [])
