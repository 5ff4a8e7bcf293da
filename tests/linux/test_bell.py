"""Telling many threads of one folder: a failure waits a minute, where it does not tell."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from onggi.linux import syscalls
from onggi.linux.bell import Bell, Listener

LONG = 60.0
HAPPENINGS: dict[str, Callable[[Path], object]] = {
    "made": lambda folder: (folder / "new").touch(),
    "written": lambda folder: (folder / "old").write_text("x"),
    "removed": lambda folder: folder.rename(folder.parent / "elsewhere"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    (made / "old").touch()
    return made


def waited(listener: Listener) -> float:
    before = time.monotonic()
    listener.wait(LONG)
    return time.monotonic() - before


@pytest.mark.parametrize("happen", HAPPENINGS.values(), ids=HAPPENINGS)
def test_all_hear_of_what_happened_since(folder: Path, happen: Callable[[Path], object]) -> None:
    bell = Bell(str(folder))
    with ExitStack() as stack, ThreadPoolExecutor(20) as threads:
        listeners = [stack.enter_context(bell.listener()) for _ in range(20)]
        happen(folder)
        assert max(threads.map(waited, listeners)) < LONG / 2


def test_each_hears_once(folder: Path) -> None:
    with Bell(str(folder)).listener() as listener:
        (folder / "new").touch()
        listener.wait(LONG)
        before = time.monotonic()
        listener.wait(0.05)
        assert time.monotonic() - before >= 0.05


def test_who_waits_can_be_waked(folder: Path) -> None:
    with Bell(str(folder)).listener() as listener, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(waited, listener)
        listener.wake()
        assert waiting.result() < LONG / 2


def test_many_cost_as_much_as_one_and_leave_nothing(folder: Path) -> None:
    bell, threads = Bell(str(folder)), set(threading.enumerate())
    for _ in range(2):
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(bell.listener())
            (ringer,) = set(threading.enumerate()) - threads
            assert len(list(_told())) == 1
        ringer.join(LONG)
        assert list(_told()) == []


def _told() -> Iterator[str]:
    """Our descriptors that tell of folders."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the descriptor of this very list
            if "inotify" in (link := os.readlink(f"/proc/self/fd/{name}")):
                yield link


def test_without_the_kernel_one_looks_again_soon(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(syscalls, "watch_folder", refuse)
    with Bell(str(folder)).listener() as listener:
        assert waited(listener) < LONG / 2


def test_who_settles_waits_for_those_who_are_at_it(folder: Path) -> None:
    bell, dealt = Bell(str(folder)), list[str]()

    def settle() -> list[str]:
        bell.settle(LONG)
        return list(dealt)

    with ThreadPoolExecutor(1) as threads:
        with bell.listener() as listener:
            (folder / "new").touch()
            listener.wait(LONG)
            settled = threads.submit(settle)
            dealt.append("new")
            listener.wait(LONG)  # waked by who settles, or still to be
        assert settled.result() == ["new"]


def test_who_is_late_is_waited_for_once(folder: Path) -> None:
    bell = Bell(str(folder))
    with bell.listener() as listener:
        bell.settle(0)
        assert listener.is_late
        bell.settle(LONG)  # in vain
        listener.wait(0)
        listener.wait(0)
        assert not listener.is_late
