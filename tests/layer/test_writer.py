"""A layer's folder, written into another."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings

from onggi.layer import live
from onggi.layer.writer import duplicate

from .items import Item, Items, make, read, trees


def copied(source: Path, target: Path) -> Path:
    target.mkdir()
    top = os.open(source, os.O_PATH)
    try:
        duplicate(live.entries(top, b".", b""), str(target))
    finally:
        os.close(top)
    return target


@given(items=trees(is_layer=True))
@settings(max_examples=60, deadline=None)
def test_a_duplicate_is_the_same_layer(items: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = make(Path(place, "from"), items)
        assert read(copied(folder, Path(place, "to"))) == read(folder)


def test_the_root_and_its_mark_are_a_part_of_it(tmp_path: Path) -> None:
    folder = make(tmp_path / "from", {b"f": Item("f")})
    folder.chmod(0o2711)
    os.setxattr(folder, "trusted.overlay.opaque", b"y")
    assert read(copied(folder, tmp_path / "to")) == read(folder)


def test_no_file_is_one_with_the_original(tmp_path: Path) -> None:
    folder = make(tmp_path / "from", {b"f": Item("f", b"before"), b"g": Item("h", b"f")})
    target = copied(folder, tmp_path / "to")
    (folder / "f").write_bytes(b"after!")
    assert (target / "f").read_bytes() == (target / "g").read_bytes() == b"before"


def test_bookkeeping_of_the_overlay_stays_behind(tmp_path: Path) -> None:
    folder = make(tmp_path / "from", {b"f": Item("f")})
    os.setxattr(folder / "f", "trusted.overlay.origin", b"x")
    assert os.listxattr(copied(folder, tmp_path / "to") / "f") == []
