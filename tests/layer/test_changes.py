"""What a writable layer does to the tree below it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import example, given, settings

from onggi.layer import live
from onggi.layer.changes import changes
from onggi.layer.union import Union

from .items import CAPABILITY, Item, Items, make, trees

BASE: Items = {
    b"bin/wget": Item("f", b"wget", mode=0o755),
    b"bin/sh": Item("f", b"sh", mode=0o755),
    b"etc/group": Item("f", b"group"),
    b"etc/passwd": Item("f", b"passwd"),
    b"home": Item("d"),
    b"usr/a/b": Item("f"),
    b"var": Item("d"),
    b"var/full/x": Item("f"),
    b"var/full/y": Item("f"),
    b"var/full/z": Item("d"),
}


def changed(folder: Path, upper: Items, base: Items = BASE) -> list[str]:
    below, above = make(folder / "base", base), make(folder / "upper", upper)
    top = os.open(above, os.O_PATH)
    try:
        return [f"{kind} {path}" for kind, path in changes(live.entries(top, b".", b""), Union([str(below)]))]
    finally:
        os.close(top)


def test_as_docker_tells_it(tmp_path: Path) -> None:
    """The upper folder that a Docker engine (20.10) was asked about."""
    upper = {
        b"n/s/f": Item("f"),
        b"bin": Item("d", mode=0o755),
        b"bin/wget": Item("w"),
        b"etc": Item("d", mode=0o755),
        b"etc/passwd": Item("f", b"passwd", mtime=1_000_000_001),
        b"etc/group": Item("d", mode=0o755, is_opaque=True),
        b"etc/group/y": Item("f"),
        b"etc/ln": Item("l", b"q"),
        b"home": Item("d", is_opaque=True),
        b"tmp": Item("w"),
        b"usr": Item("f"),
        b"var": Item("d", mode=0o700),
    }
    assert changed(tmp_path, upper) == [
        "C /bin",
        "D /bin/wget",
        "C /etc",
        "C /etc/group",
        "A /etc/group/y",
        "A /etc/ln",
        "C /etc/passwd",
        "A /n",
        "A /n/s",
        "A /n/s/f",
        "C /usr",
        "C /var",
    ]


def test_an_opaque_folder_lacks_what_is_not_in_it(tmp_path: Path) -> None:
    upper = {b"var": Item("d"), b"var/full": Item("d", mode=0o755, is_opaque=True), b"var/full/y": Item("f")}
    assert changed(tmp_path, upper) == ["C /var", "C /var/full", "D /var/full/x", "D /var/full/z"]


def test_what_was_touched_and_put_back_is_no_change(tmp_path: Path) -> None:
    upper = {b"etc/passwd": Item("f", b"passwd"), b"bin/sh": Item("f", b"sh", mode=0o755), b"home": Item("d", mtime=5)}
    assert changed(tmp_path, upper) == []


def test_owners_modes_sizes_and_capabilities_are_changes(tmp_path: Path) -> None:
    upper = {
        b"bin/sh": Item("f", b"sh", mode=0o755, xattrs={"security.capability": CAPABILITY}),
        b"bin/wget": Item("f", b"wget", mode=0o4755),
        b"etc/group": Item("f", b"GROUP2"),
        b"etc/passwd": Item("f", b"passwd", uid=1),
        b"home": Item("d", gid=1),
    }
    assert [line for line in changed(tmp_path, upper) if line.count("/") > 1 or "home" in line] == [
        *("C /bin/sh", "C /bin/wget", "C /etc/group", "C /etc/passwd", "C /home"),
    ]


def test_a_time_without_a_fraction_may_be_any_of_its_second(tmp_path: Path) -> None:
    below, above = make(tmp_path / "base", {b"f": Item("f"), b"g": Item("f")}), make(tmp_path / "upper", {})
    for name, old, new in (("f", 10**18, 10**18 + 5), ("g", 10**18 + 1, 10**18 + 5)):
        (above / name).touch(mode=0o644)
        os.utime(below / name, ns=(old, old))
        os.utime(above / name, ns=(new, new))
    top = os.open(above, os.O_PATH)
    assert changes(live.entries(top, b".", b""), Union([str(below)])) == [("C", "/g")]
    os.close(top)


@given(base=trees(), upper=trees(is_layer=True))
@example({b"a/b/c": Item("f")}, {b"a": Item("d", is_opaque=True), b"a/b": Item("d")})
@settings(max_examples=80, deadline=None)
def test_each_change_is_true_and_none_is_missing(base: Items, upper: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        below, above = make(Path(place, "base"), base), make(Path(place, "upper"), upper)
        merged, lower = Union([str(above), str(below)]), Union([str(below)])
        top = os.open(above, os.O_PATH)
        found = {path: kind for kind, path in changes(live.entries(top, b".", b""), lower)}
        os.close(top)
        now = {node.path: node for node in merged.walk()}
        before = {node.path: node for node in lower.walk()}
        assert {path for path, kind in found.items() if kind == "A"} == now.keys() - before.keys()
        gone = before.keys() - now.keys()
        tops = {path for path in gone if (parent := os.path.dirname(path)) not in gone and now[parent].is_folder}
        assert {path for path, kind in found.items() if kind == "D"} == tops
        facts = {path: (node.stat.st_mode, node.stat.st_uid, node.stat.st_gid) for path, node in now.items()}
        for path in now.keys() & before.keys() - {"/"}:
            old = before[path].stat
            if facts[path] != (old.st_mode, old.st_uid, old.st_gid):
                assert found[path] == "C"
