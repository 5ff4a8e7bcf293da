"""Waiting for something to happen in a folder: a failure waits a minute, where it does not tell."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from onggi.linux import syscalls
from onggi.linux.changes import Changes

LONG = 60.0
HAPPENINGS: dict[str, Callable[[Path], object]] = {
    "made": lambda folder: (folder / "new").touch(),
    "written": lambda folder: (folder / "old").write_text("x"),
    "replaced": lambda folder: (folder.parent / "other").rename(folder / "old"),
    "moved away": lambda folder: folder.rename(folder.parent / "elsewhere"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    (made / "old").touch()
    (tmp_path / "other").touch()
    return made


@pytest.mark.parametrize("happen", HAPPENINGS.values(), ids=HAPPENINGS)
def test_what_happened_since_is_told_at_once(folder: Path, happen: Callable[[Path], object]) -> None:
    before = time.monotonic()
    with Changes(folder) as changes:
        happen(folder)
        changes.wait(LONG)
    assert time.monotonic() - before < LONG / 2


def test_what_was_told_is_not_told_again(folder: Path) -> None:
    with Changes(folder) as changes:
        (folder / "new").touch()
        changes.wait(LONG)
        before = time.monotonic()
        changes.wait(0.05)
    assert time.monotonic() - before >= 0.05


def test_without_the_kernel_one_looks_again_soon(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(syscalls, "watch_folder", refuse)
    before = time.monotonic()
    with Changes(folder) as changes:
        changes.wait(LONG)
    assert time.monotonic() - before < LONG / 2
