"""A container waits for its readers, but not for one that has stopped."""

from __future__ import annotations

from collections.abc import Callable

from onggi.linux.clients import PATIENCE
from onggi.linux.loop import Loop, Timer
from onggi.linux.pace import Pace


class Waits(Loop):
    """A loop whose time is ours."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Timer] = []

    def after(self, seconds: float, handler: Callable[[], None]) -> Timer:
        assert seconds == PATIENCE
        self.asked.append(Timer(seconds, handler))
        return self.asked[-1]


def test_it_is_held_while_one_is_behind_and_looked_at_again() -> None:
    loop, behind, held = Waits(), [True], list[bool]()
    pace = Pace(loop, lambda: behind[0], held.append)
    pace.keep()
    pace.keep()
    assert held == [True, True]
    assert len(loop.asked) == 1, "one look is due, not one for each piece of output"
    behind[0] = False  # it has stopped: what it is to get goes to a file
    loop.asked[0].handler()
    assert held == [True, True, False]
    behind[0] = True
    pace.keep()
    assert len(loop.asked) == 2


def test_who_keeps_up_holds_up_nobody() -> None:
    loop, held = Waits(), list[bool]()
    Pace(loop, lambda: False, held.append).keep()
    assert held == [False] and not loop.asked
