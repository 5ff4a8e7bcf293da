"""What ties companions to their monitor: who ends is heard of, whoever it is and however."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from onggi.linux import lifeline
from onggi.linux.lifeline import Lifeline
from onggi.linux.loop import Loop, is_ready


class Home:
    """A container's folder, in which the test is as a monitor is; `mended`: when it was called to mend something."""

    def __init__(self, *companions: str) -> None:
        self.loop = Loop()
        self.mended: list[float] = []
        lifeline.make(".", companions)
        self.kept = {name: lifeline.hold(".", lifeline.kept(name)) for name in companions}
        self.life = {name: lifeline.listen(".", name) for name in companions}
        self.lifeline = Lifeline(self.loop, companions, lambda: self.mended.append(time.monotonic()))

    def let_go(self, companion: str) -> None:
        os.close(self.kept.pop(companion))

    def come_back(self, companion: str) -> None:
        self.kept[companion] = lifeline.hold(".", lifeline.kept(companion))

    def turn(self, *, mends: int) -> None:
        """Until it was called so often."""
        while len(self.mended) < mends:
            self.loop.turn(60_000)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_companion_hears_the_end() -> None:
    home = Home("ports")
    assert not is_ready(home.life["ports"], 0)
    home.let_go("ports")
    home.lifeline.end()
    assert is_ready(home.life["ports"], 0)
    assert os.read(home.life["ports"], 1) == b""


def test_it_lives_as_long_as_anybody_holds_it() -> None:
    """Who makes the connection holds it too, until it has been handed over."""
    home = Home("ports")
    ours = lifeline.hold(".", lifeline.life("ports"))
    home.let_go("ports")
    home.lifeline.end()
    assert not is_ready(home.life["ports"], 0)
    os.close(ours)
    assert is_ready(home.life["ports"], 0)


def test_the_end_waits_for_all_companions() -> None:
    home = Home("ports", "names")

    def be_companions() -> None:
        is_ready(home.life["ports"], 60_000)
        home.let_go("names")
        time.sleep(0.05)  # it takes its time
        Path("undone").touch()
        home.let_go("ports")

    companions = threading.Thread(target=be_companions)
    companions.start()
    home.lifeline.end()
    assert Path("undone").exists()
    companions.join()


def test_who_hangs_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "PATIENCE", 0.05)
    home = Home("ports")
    home.lifeline.end()
    assert home.kept, "it holds it still"


def test_a_companion_that_was_never_there_is_not_waited_for() -> None:
    home = Home("ports")
    home.let_go("ports")
    before = time.monotonic()
    home.lifeline.end()
    assert time.monotonic() - before < lifeline.PATIENCE


def test_one_that_ends_too_early_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "MEND_SECONDS", 0.01)
    home = Home("ports", "names")
    home.let_go("ports")
    home.turn(mends=2)  # as long as it is to no avail
    home.come_back("ports")
    while home.lifeline._ties["ports"].kept not in home.loop:
        home.loop.turn(60_000)
    calls = len(home.mended)
    home.let_go("names")
    home.turn(mends=calls + 1)
    home.let_go("ports")  # again
    home.turn(mends=calls + 3)


def test_one_that_is_back_before_anything_is_done_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "MEND_SECONDS", 0.01)
    home = Home("ports")
    home.let_go("ports")
    home.loop.turn(60_000)
    home.come_back("ports")
    home.loop.turn(60_000)
    assert home.mended == []
    assert home.lifeline._ties["ports"].kept in home.loop


def test_after_the_end_nothing_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "MEND_SECONDS", 0.02)
    home = Home("ports")
    home.let_go("ports")
    home.loop.turn(60_000)
    home.lifeline.end()
    home.loop.turn(100)
    home.loop.turn(0)
    assert home.mended == []


def test_pipes_of_an_earlier_run_do_not_count() -> None:
    lifeline.make(".", ["ports"])
    earlier = lifeline.hold(".", lifeline.kept("ports"))
    home = Home("ports")
    home.let_go("ports")
    assert is_ready(home.lifeline._ties["ports"].kept, 60_000)
    os.close(earlier)


def test_what_it_is_told_comes_whole_and_old_news_are_no_news() -> None:
    home = Home("ports")
    lifeline.tell(".", "ports", b"first")
    assert os.read(home.life["ports"], 4096) == b"first"
    lifeline.tell(".", "ports", b"nobody hears this")
    os.close(lifeline.listen(".", "ports"))
    assert not is_ready(home.life["ports"], 0)


def test_whether_it_lives() -> None:
    assert not lifeline.lives(".", "ports")
    home = Home("ports")
    assert lifeline.lives(".", "ports")
    home.let_go("ports")
    assert not lifeline.lives(".", "ports")
    lifeline.await_end(".", "ports")


def test_others_may_be_kept_from_now_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "MEND_SECONDS", 0.01)
    home = Home("ports")
    lifeline.make(".", ["names"])
    home.kept["names"] = lifeline.hold(".", lifeline.kept("names"))
    names = lifeline.listen(".", "names")
    home.lifeline.keep(["names"])
    assert is_ready(home.life["ports"], 0)
    assert not is_ready(names, 0)
    home.let_go("ports")  # as it is to
    home.let_go("names")
    home.turn(mends=1)
    home.lifeline.keep([])
    home.loop.turn(100)
    assert len(home.mended) == 1
    assert is_ready(names, 0)


def test_one_that_was_lost_before_it_was_kept_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "MEND_SECONDS", 0.01)
    home = Home()
    lifeline.make(".", ["names"])
    home.lifeline.keep(["names"])
    home.turn(mends=1)


def test_what_is_to_no_avail_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "MEND_SECONDS", 0.004)
    monkeypatch.setattr(lifeline, "MOST_MEND_SECONDS", 0.016)
    home = Home("ports")
    home.let_go("ports")
    home.turn(mends=5)
    between = [later - earlier for earlier, later in zip(home.mended, home.mended[1:], strict=False)]
    assert all(time >= 0.008 for time in between[2:]), "half of the longest at least"


def test_nothing_is_left_where_nobody_starts() -> None:
    lifeline.make(".", ["ports", "names"])
    lifeline.make(".", ["ports"])
    lifeline.remove(".", ["ports", "names"])
    lifeline.remove(".", ["ports"])
    assert os.listdir(".") == []
