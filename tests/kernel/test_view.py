"""A container's root, seen from outside: what is mounted is there, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.waiting import eventually

from onggi.container import op
from onggi.errors import Conflict, OnggiError
from onggi.linux import attach, view
from onggi.linux.root import Root

from .conftest import Boxes


def mounts(folder: Path) -> list[str]:
    """Those of this process in a folder."""
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line]


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    """No mount in the folder, no open descriptor more than before, and the same working folder."""
    before = (mounts(folder), len(os.listdir("/proc/self/fd")), os.getcwd())
    yield
    assert (mounts(folder), len(os.listdir("/proc/self/fd")), os.getcwd()) == before


def overlay(home: Path, *lower: str) -> op.Overlay:
    return op.Overlay(lower, *(str(home / each) for each in ("upper", "work", "rootfs")))


def builtins(*ops: op.Op) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(each) for each in ops]


def text(root: int, path: str) -> str:
    descriptor = Root(root).open(path, os.O_RDONLY)
    with open(descriptor) as file:
        return file.read()


def test_one_that_does_not_run(boxes: Boxes, busybox: str, tmp_path: Path) -> None:
    home = boxes.home()
    (home / "upper/mine").write_text("upper")
    for name in ("bound", "read-only"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    ops = builtins(
        overlay(home, busybox),
        op.BindMount(str(tmp_path / "bound"), "/bound"),
        op.BindMount(str(tmp_path / "read-only"), "/deep/er", read_only=True),
    )
    with nothing_left(boxes.folder):
        root = view.mounted_root(ops)
        assert text(root, "/mine") == "upper" and text(root, "/bound/file") == "bound"
        assert text(root, "/deep/er/file") == "read-only"
        os.close(Root(root).open("/bin/busybox", os.O_RDONLY))
        with pytest.raises(OSError, match="Read-only"):
            Root(root).open("/deep/er/new", os.O_CREAT | os.O_WRONLY, 0o644)
        for place in ("/bound/new", "/new"):
            os.close(Root(root).open(place, os.O_CREAT | os.O_WRONLY, 0o644))
        os.close(root)
    assert (tmp_path / "bound/new").exists() and (home / "upper/new").exists()
    assert os.listdir(home / "rootfs") == []


def test_a_root_that_is_read_only(boxes: Boxes, busybox: str, tmp_path: Path) -> None:
    home = boxes.home()
    ops = builtins(overlay(home, busybox), op.BindMount(str(tmp_path), "/bound"))
    root = view.mounted_root(ops, read_only=True)
    try:
        with pytest.raises(OSError, match="Read-only"):
            Root(root).open("/new", os.O_CREAT | os.O_WRONLY, 0o644)
        os.close(Root(root).open("/bound/new", os.O_CREAT | os.O_WRONLY, 0o644))
    finally:
        os.close(root)


def test_what_cannot_be_mounted_is_told_and_leaves_nothing(boxes: Boxes, busybox: str) -> None:
    home = boxes.home()
    with nothing_left(boxes.folder), pytest.raises(OnggiError, match="bind /not/there at /x"):
        view.mounted_root(builtins(overlay(home, busybox), op.BindMount("/not/there", "/x")))
    with nothing_left(boxes.folder), pytest.raises(OnggiError, match="mount the root file system"):
        view.mounted_root(builtins(overlay(home, "/not/there")))


def test_a_link_of_the_image_where_something_is_to_be_mounted(boxes: Boxes, busybox: str, tmp_path: Path) -> None:
    """It is mounted where the link leads beneath the root, never on the host (CVE-2019-14271, GHSA-rg2x-37c3-w2rh)."""
    home = boxes.home()
    (tmp_path / "bound").mkdir()
    (tmp_path / "outside").mkdir()
    (home / "upper/link").symlink_to(tmp_path / "outside")
    (tmp_path / "bound/file").write_text("bound")
    root = view.mounted_root(builtins(overlay(home, busybox), op.BindMount(str(tmp_path / "bound"), "/link")))
    try:
        assert text(root, f"{tmp_path}/outside/file") == "bound"
    finally:
        os.close(root)
    assert os.listdir(tmp_path / "outside") == []


_HANGS = """
import json, sys, signal
from onggi.linux import view
root = view.mounted_root(json.loads(sys.argv[1]))
print(sys.argv[2] in open("/proc/self/mountinfo").read(), flush=True)
signal.pause()
"""


def test_who_is_killed_leaves_nothing(boxes: Boxes, busybox: str, tmp_path: Path) -> None:
    home = boxes.home()
    document = msgspec.json.encode(builtins(overlay(home, busybox), op.BindMount(str(tmp_path), "/bound"))).decode()
    with nothing_left(boxes.folder):
        process = subprocess.Popen([sys.executable, "-c", _HANGS, document, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"False\n", "mounted where nobody sees it"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    root = view.mounted_root(builtins(overlay(home, busybox)))
    os.close(root)


def test_one_that_runs(boxes: Boxes, tmp_path: Path) -> None:
    (tmp_path / "bound").mkdir()
    (tmp_path / "bound/file").write_text("bound")
    inside = (
        op.BindMount(str(tmp_path / "bound"), "/bound"),
        op.MountFs("tmpfs", "/memory", ("nosuid",), "size=1m"),
    )
    home = boxes.start(
        "sh", "-c", "echo a >/mine; echo b >/memory/new; mv /memory/new /memory/file; sleep 100000", inside=inside
    )
    root, made_up = view.live_root(str(home))
    try:
        eventually(lambda: os.path.exists(f"/proc/self/fd/{root}/memory/file"))
        assert (text(root, "/mine"), text(root, "/memory/file"), text(root, "/bound/file")) == ("a\n", "b\n", "bound")
        proc = Root(root).open("/proc", os.O_PATH)
        assert os.fstat(proc).st_dev in made_up and os.fstat(root).st_dev not in made_up
        os.close(proc)
    finally:
        os.close(root)


def test_the_bare_root_of_one_that_runs(boxes: Boxes, tmp_path: Path) -> None:
    (tmp_path / "bound").mkdir()
    (tmp_path / "bound/file").write_text("bound")
    home = boxes.start(
        "sh",
        "-c",
        "echo a >/new; mv /new /mine; sleep 100000",
        inside=(op.BindMount(str(tmp_path / "bound"), "/bound"),),
    )
    with nothing_left(boxes.folder):
        root = view.bare_root(str(home))
        eventually(lambda: os.path.exists(f"/proc/self/fd/{root}/mine"))
        assert text(root, "/mine") == "a\n"
        assert [os.listdir(f"/proc/self/fd/{root}/{name}") for name in ("bound", "proc", "dev")] == [[], [], []]
        os.close(root)


def test_one_that_has_ended_has_no_live_root(boxes: Boxes) -> None:
    _, home = boxes.run("true")
    for find in (view.live_root, view.bare_root):
        with pytest.raises(Conflict, match="is not running"):
            find(str(home))


def test_one_whose_monitor_was_killed(boxes: Boxes) -> None:
    """Its number may be another's by now."""
    home = boxes.start("sleep", "100000")
    process = os.readlink(home / "process")
    attach.send_signal(home, 9)
    attach.wait(home)
    eventually(lambda: not (home / "process").is_symlink())
    (home / "process").symlink_to("/proc/self")
    with nothing_left(boxes.folder), pytest.raises(Conflict, match="is not running"):
        view.live_root(str(home))
    assert process.startswith("/proc/")
