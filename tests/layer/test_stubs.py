"""Mount points as a layer."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from onggi.errors import Invalid
from onggi.layer.stubs import make_stubs
from onggi.layer.union import Union


@pytest.fixture
def base(tmp_path: Path) -> Path:
    root = tmp_path / "base"
    (root / "run").mkdir(parents=True)
    (root / "run").chmod(0o710)
    os.utime(root / "run", (1000, 1000))
    (root / "link").symlink_to("run")
    (root / "dangling").symlink_to("/run/later")
    (root / "file").touch()
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stubs").mkdir()
    return tmp_path / "stubs"


def entries(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_nothing_is_missing(base: Path, folder: Path) -> None:
    assert not make_stubs(Union([str(base)]), str(folder), {"/run": False, "/file": True, "/link": False})
    assert entries(folder) == []


def test_files_folders_and_what_leads_to_them(base: Path, folder: Path) -> None:
    wanted = {"/run/secrets/token": True, "/run/secrets/other": True, "/new/cache": False}
    assert make_stubs(Union([str(base)]), str(folder), wanted)
    assert entries(folder) == ["new", "new/cache", "run", "run/secrets", "run/secrets/other", "run/secrets/token"]
    assert stat.S_ISREG((folder / "run/secrets/token").lstat().st_mode)
    assert stat.S_IMODE((folder / "new/cache").stat().st_mode) == 0o755


def test_what_is_there_keeps_its_looks(base: Path, folder: Path) -> None:
    make_stubs(Union([str(base)]), str(folder), {"/run/x": False})
    found = (folder / "run").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_mtime) == (0o710, 1000)


def test_links_are_followed_within_the_root(base: Path, folder: Path) -> None:
    (base / "out").symlink_to("../../../../tmp")
    make_stubs(Union([str(base)]), str(folder), {"/link/x": False, "/dangling": False, "/out/y": True})
    assert entries(folder) == ["run", "run/later", "run/x", "tmp", "tmp/y"]


def test_a_file_is_in_the_way(base: Path, folder: Path) -> None:
    with pytest.raises(Invalid, match="nothing can be mounted at /file/x: a file is in the way"):
        make_stubs(Union([str(base)]), str(folder), {"/file/x": False})
