"""The merged view against the kernel's own: random layers, mounted as an overlay and read without mounting."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onggi.errors import Invalid
from onggi.layer import whiteout
from onggi.layer.union import Union

pytestmark = pytest.mark.kernel

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
KINDS = st.sampled_from(["file", "folder", "folder", "opaque", "whiteout", "link"])
LINKS = st.sampled_from(["a", "../b", "/a/b", "c/a", "/", ".."])
LAYERS = st.lists(st.lists(st.tuples(PATHS, KINDS, LINKS), max_size=6), min_size=2, max_size=4)


def build(root: Path, entries: list[tuple[str, str, str]], number: int) -> None:
    """Makes what can be made; an entry whose place is taken is left out."""
    for path, kind, text in entries:
        parts = Path(path).parts
        folder = root
        for part in parts[:-1]:
            folder /= part
            if not os.path.lexists(folder):
                folder.mkdir()
            if folder.is_symlink() or not folder.is_dir():
                break
        else:
            target = folder / parts[-1]
            if os.path.lexists(target):
                continue
            match kind:
                case "file":
                    target.write_text(f"{path} of {number}")
                case "link":
                    target.symlink_to(text)
                case "whiteout":
                    whiteout.make_whiteout(str(target))
                case _:
                    target.mkdir(mode=0o700 + number)
                    if kind == "opaque":
                        whiteout.make_opaque(str(target))


@contextmanager
def overlay(layers: list[Path], target: Path) -> Iterator[Path]:
    options = "lowerdir=" + ":".join(str(layer) for layer in layers)
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(target)], check=True)
    try:
        yield target
    finally:
        subprocess.run(["umount", str(target)], check=True)


def look(real: str) -> tuple[str, int, str]:
    status = os.lstat(real)
    if stat.S_ISREG(status.st_mode):
        return ("file", status.st_mode, Path(real).read_text())
    if stat.S_ISLNK(status.st_mode):
        return ("link", status.st_mode, os.readlink(real))
    return ("folder", status.st_mode, "")


def walked(root: Path) -> dict[str, tuple[str, int, str]]:
    """Path within the mount → what is there. A folder that only one layer has is listed by the kernel as it is,
    whiteouts included; that a name is hidden shows when it is looked up."""
    found = {"/": look(str(root))}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            real = os.path.join(folder, name)
            if os.path.lexists(real):
                found["/" + os.path.relpath(real, root)] = look(real)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS, PATHS)
def test_the_walk_is_that_of_a_mount(layers: list[list[tuple[str, str, str]]], path: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folders = [Path(temporary, str(number)) for number in range(len(layers))]
        for number, folder in enumerate(folders):
            folder.mkdir()
            build(folder, layers[number], number)
        target = Path(temporary, "merged")
        target.mkdir()
        view = Union([str(folder) for folder in folders])
        with overlay(folders, target) as merged:
            expected = walked(merged)
            assert {node.path: look(node.real) for node in view.walk()} == expected
            _check_lookup(view, merged, path)


RESOLVE = "import os, sys; os.chroot(sys.argv[1]); os.chdir('/'); print(os.path.realpath(sys.argv[2], strict=True))"


def _check_lookup(view: Union, merged: Path, path: str) -> None:
    """A path through links, as a process whose root is the mount sees it."""
    command = [sys.executable, "-I", "-S", "-c", RESOLVE, str(merged), f"/{path}"]
    seen = subprocess.run(command, capture_output=True, text=True, check=False)
    if seen.returncode == 0:
        node = view.lookup(path)
        assert node is not None
        assert node.path == seen.stdout.strip()
    elif "FileNotFoundError" in seen.stderr or "NotADirectoryError" in seen.stderr:
        assert view.lookup(path) is None
    else:
        assert "Too many levels of symbolic links" in seen.stderr
        with pytest.raises(Invalid, match="too many levels"):
            view.lookup(path)
