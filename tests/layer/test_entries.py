"""What a selection's digest stands for, file by file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.dockerfile.mode import parse
from onggi.layer.context import Context
from onggi.layer.select import select
from onggi.layer.stat_cache import MemoryStatCache
from onggi.layer.union import Union
from onggi.oci import digest
from onggi.solve.inventory import Entry


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "src/lib").mkdir(parents=True)
    (tmp_path / "src/lib").chmod(0o755)
    (tmp_path / "src/a").write_text("abc")
    (tmp_path / "src/a").chmod(0o640)
    os.symlink("a", tmp_path / "src/link")
    os.chown(tmp_path / "src/a", 7, 8)
    return tmp_path


def test_of_a_context_all_belongs_to_root_and_paths_are_as_people_write_them(tree: Path) -> None:
    selection = select(Context(str(tree)), ["src"])
    selection.digest(MemoryStatCache())
    assert list(selection.entries()) == [
        Entry("src/a", 0o100640, 0, 0, size=3, content=digest.of(b"abc")),
        Entry("src/lib", 0o040755, 0, 0),
        Entry("src/link", 0o120777, 0, 0, link="a"),
    ]


def test_of_an_image_owners_count_and_paths_are_absolute(tree: Path) -> None:
    selection = select(Union([str(tree)]), ["src/a"])
    selection.digest(MemoryStatCache())
    assert list(selection.entries()) == [Entry("/src/a", 0o100640, 7, 8, size=3, content=digest.of(b"abc"))]


def test_they_are_told_as_the_copy_gets_them(tree: Path) -> None:
    selection = select(Context(str(tree)), ["src"])
    mode = parse("0700")
    selection.digest(MemoryStatCache(), (3, 4), mode)
    assert {(entry.mode & 0o7777, entry.uid, entry.gid) for entry in selection.entries((3, 4), mode)} == {
        (0o700, 3, 4),
        (0o777, 3, 4),
    }


def test_a_name_that_is_no_text_is_told_all_the_same(tree: Path) -> None:
    (tree / "src/lib" / os.fsdecode(b"caf\xe9")).touch()
    selection = select(Context(str(tree)), ["src/lib"])
    selection.digest(MemoryStatCache())
    assert [entry.path for entry in selection.entries()] == ["src/lib/caf\\xe9"]
