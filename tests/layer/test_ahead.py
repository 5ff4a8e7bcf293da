from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.errors import Conflict, Invalid
from onggi.layer.ahead import opened_ahead
from onggi.layer.walk import Found, layer_entries


@pytest.fixture
def tree(tmp_path: Path) -> list[Found]:
    """More files than are opened at once, folders and a link among them."""
    for folder in range(3):
        (tmp_path / f"d{folder}").mkdir()
        for number in range(100):
            (tmp_path / f"d{folder}/f{number:03}").write_text(f"{folder} {number}")
    (tmp_path / "d1/link").symlink_to("f000")
    return list(layer_entries(os.fsencode(tmp_path)))


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_files_come_open_and_in_order(tree: list[Found]) -> None:
    before = open_files()
    seen = []
    for found, file in opened_ahead(tree):
        seen.append(found)
        text = os.read(file, 100).decode() if file >= 0 else None
        is_file = found.path.count(b"/f") == 1
        assert text == (Path(os.fsdecode(found.real)).read_text() if is_file else None)
        assert len(open_files() - before) <= 128
    assert seen == tree
    assert open_files() == before


def test_what_is_left_unfinished_is_closed(tree: list[Found]) -> None:
    before = open_files()
    ahead = opened_ahead(tree)
    next(ahead)
    assert open_files() > before
    ahead.close()
    assert open_files() == before


def test_a_file_that_went_away(tree: list[Found]) -> None:
    before = open_files()
    os.unlink(tree[150].real)
    with pytest.raises(Conflict, match="it went away meanwhile"):
        list(opened_ahead(tree))
    assert open_files() == before


def test_a_link_in_the_place_of_a_file_is_not_followed(tree: list[Found]) -> None:
    os.unlink(tree[150].real)
    os.symlink("/etc/passwd", tree[150].real)
    with pytest.raises(Invalid, match="a symbolic link is in its place"):
        list(opened_ahead(tree))
