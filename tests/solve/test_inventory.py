"""What makes one list of files into another."""

from __future__ import annotations

import stat

from hypothesis import given
from hypothesis import strategies as some

from onggi.oci import digest
from onggi.solve.inventory import Entry, File, compare, count

_KINDS = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK}


def file(path: str, text: str = "x", mode: int = 0o644, uid: int = 0) -> Entry:
    return Entry(path, stat.S_IFREG | mode, uid, uid, size=len(text), content=digest.of(text.encode()))


def folder(path: str) -> Entry:
    return Entry(path, stat.S_IFDIR | 0o755, 0, 0)


def differences(old: list[Entry], new: list[Entry]) -> dict[str, tuple[str, ...]]:
    return {change.path: change.differences for change in compare(old, new)}


def test_content_mode_and_owner_are_told_apart_with_both_values() -> None:
    old = [file("a"), file("b"), file("c"), file("d")]
    new = [file("a", "xyz"), file("b", mode=0o755), file("c", uid=7), file("d")]
    assert differences(old, new) == {"a": ("content",), "b": ("mode",), "c": ("owner",)}
    content, mode, owner = compare(old, new)
    assert content.old and content.new and (content.old.size, content.new.size) == (1, 3)
    assert content.new.content == digest.of(b"xyz")
    assert mode.old and mode.new and (mode.old.mode, mode.new.mode) == ("0644", "0755")
    assert owner.new == File(type="file", mode="0644", owner="7:7", size=1, content=digest.of(b"x"))


def test_what_came_went_and_moved() -> None:
    old = [file("old.ts", "same"), file("gone.ts", "1"), file("kept")]
    new = [file("new.ts", "same"), file("come.ts", "2"), file("kept")]
    assert differences(old, new) == {"come.ts": ("added",), "gone.ts": ("removed",), "new.ts": ("renamed",)}
    assert [change.old_path for change in compare(old, new)] == ["", "", "old.ts"]
    assert differences(old, [file("new.ts", "same", mode=0o600), *new[1:]])["new.ts"] == ("renamed", "mode")


def test_empty_files_are_not_taken_for_each_other() -> None:
    assert differences([file("a", "")], [file("b", "")]) == {"a": ("removed",), "b": ("added",)}


def test_a_file_that_became_a_link() -> None:
    link = Entry("a", stat.S_IFLNK | 0o777, 0, 0, link="b")
    assert differences([file("a")], [link]) == {"a": ("type", "mode")}
    assert differences([link], [Entry("a", stat.S_IFLNK | 0o777, 0, 0, link="c")]) == {"a": ("content",)}


def test_a_folder_that_came_is_told_by_what_is_in_it() -> None:
    new = [folder("src"), folder("src/lib"), file("src/lib/a"), folder("empty")]
    assert differences([], new) == {"src/lib/a": ("added",), "empty": ("added",)}
    assert count(new) == 1


entries = some.builds(
    lambda path, kind, bits, owner, text: Entry(
        path,
        _KINDS[kind] | bits,
        owner,
        owner,
        size=len(text) if kind == "file" else 0,
        content=digest.of(text.encode()) if kind == "file" else "",
        link=text if kind == "link" else "",
    ),
    some.sampled_from(["a", "b", "a/c", "d"]),
    some.sampled_from(sorted(_KINDS)),
    some.sampled_from([0o644, 0o755]),
    some.sampled_from([0, 7]),
    some.sampled_from(["", "x", "yy"]),
)
trees = some.lists(entries, unique_by=lambda entry: entry.path)


@given(trees, trees)
def test_trees_are_equal_exactly_if_nothing_is_told(old: list[Entry], new: list[Entry]) -> None:
    assert bool(compare(old, new)) == (sorted(old, key=_path) != sorted(new, key=_path))
    assert not compare(new, new)


def _path(entry: Entry) -> str:
    return entry.path
