from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from onggi.layer.descent import Descent, Roots

from .trees import make


def is_same(descriptor: int, path: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), path.stat())


def test_each_folder_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    make(tmp_path, {"a/b/c/file": "", "a/x/file": ""})
    with closing(Descent(str(tmp_path))) as descent:
        for path in ("/", "/a/b/c", "/a/b", "/a/x", "/a/b/c", "/a", ""):
            assert is_same(descent.folder(path), tmp_path / path.strip("/"))


def test_a_folder_that_cannot_be_opened_leaves_the_others_right(tmp_path: Path) -> None:
    make(tmp_path, {"a/b/file": ""})
    with closing(Descent(str(tmp_path))) as descent:
        descent.folder("/a")
        with pytest.raises(FileNotFoundError):
            descent.folder("/a/b/missing")
        assert is_same(descent.folder("/a"), tmp_path / "a")


def test_links_are_not_followed_on_the_way_nor_at_the_end(tmp_path: Path) -> None:
    make(tmp_path, {"root/a/file": "", "out/file": "secret"})
    (tmp_path / "root" / "way").symlink_to("../out")
    (tmp_path / "root" / "a" / "end").symlink_to("../../out/file")
    with Roots() as roots:
        for path in ("/way/file", "/a/end"):
            with pytest.raises(OSError):
                roots.open(str(tmp_path / "root"), path)


def test_a_pipe_does_not_hold_us(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with Roots() as roots:
        os.close(roots.open(str(tmp_path), "/pipe"))
